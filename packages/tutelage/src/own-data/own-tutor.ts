import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type CausalModel, openCausalModel } from '../language/causal-model.js';
import { readPlan } from '../tasks/language-files.js';
import { type CodeBook, tutorbotCodes, tutorSystem } from '../tasks/tutor-codes.js';
import {
  type Dialogue,
  readCodeBook,
  readDialogues,
  readTutorRules,
  type TutorRule,
} from '../tasks/tutor-dialogues.js';

export const tutorSplits = ['supervised', 'preferences', 'test'] as const;
export type TutorSplit = (typeof tutorSplits)[number];

/** What a user gives to align a tutor. */
export interface OwnTutor {
  readonly model: CausalModel;
  readonly book: CodeBook;
  /** What is said before each dialogue. */
  readonly system: string;
  /** In their splits, or all together. */
  readonly dialogues: Readonly<Record<TutorSplit, readonly Dialogue[]>> | readonly Dialogue[];
  /** Whose turns are learned: `dialogues` for those in them, the name of a language model, or rules. */
  readonly expert: string | readonly TutorRule[];
  /** What was left out, and why. */
  readonly leftOut: readonly string[];
  /** SHA-256 of all that was read but the model. */
  readonly hash: string;
}

const planSchema = z.object({
  model: z.string(),
  dialogues: z.union(
    [z.string(), z.object({ supervised: z.string(), preferences: z.string(), test: z.string() })],
    { error: 'give a file, or one for each of "supervised", "preferences" and "test"' },
  ),
  codes: z.string().optional(),
  expert: z.union([z.string(), z.object({ rules: z.string() })]).default('dialogues'),
  system: z.string().optional(),
});

/** Dialogues of fewer rows have nothing to learn from. */
const leastRows = 3;

/**
 * Reads a JSON file that names a tutor (a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file), a file of dialogues or one for
 * each split, and perhaps a code book, the expert and what is said before dialogues.
 *
 * @throws {UserError} where something can't be read, or a dialogue is in two splits
 */
export async function readOwnTutor(path: string): Promise<OwnTutor> {
  const { plan, at } = await readPlan(path, planSchema);
  const book = plan.codes === undefined ? tutorbotCodes : await readCodeBook(at(plan.codes));
  const rules = typeof plan.expert === 'string' ? undefined : at(plan.expert.rules);
  const files = typeof plan.dialogues === 'string' ? { all: plan.dialogues } : plan.dialogues;
  const leftOut: string[] = [];
  const read: Record<string, readonly Dialogue[]> = {};
  for (const [split, file] of Object.entries(files)) {
    const { dialogues, rejected } = await readDialogues(at(file), leastRows);
    read[split] = dialogues;
    for (const [reason, count] of rejected.byReason) leftOut.push(`${file}: ${count} left out: ${reason}`);
  }
  const dialogues = typeof plan.dialogues === 'string' ? distinct(read.all!, leftOut) : apart(read);
  const hash = createHash('sha256').update(JSON.stringify([plan, book]));
  for (const file of [...Object.values(files).map(at), ...(rules === undefined ? [] : [rules])]) {
    hash.update(readFileSync(file));
  }
  return {
    model: await openCausalModel(at(plan.model)),
    book,
    system: plan.system ?? tutorSystem(book),
    dialogues,
    expert: typeof plan.expert === 'string' ? plan.expert : await readTutorRules(rules!, book),
    leftOut,
    hash: hash.digest('hex'),
  };
}

const wordsOf = ({ rows }: Dialogue) => JSON.stringify(rows.map(({ by, text }) => [by, text]));

/** Dialogues without those that occur again. */
function distinct(dialogues: readonly Dialogue[], leftOut: string[]): Dialogue[] {
  const own = new Map(dialogues.map((dialogue) => [wordsOf(dialogue), dialogue]));
  if (own.size < dialogues.length) leftOut.push(`${dialogues.length - own.size} dialogues occur again`);
  return [...own.values()];
}

/** @throws {UserError} when a dialogue is in two splits */
function apart(read: Readonly<Record<string, readonly Dialogue[]>>): Record<TutorSplit, readonly Dialogue[]> {
  const seen = new Map<string, string>();
  for (const split of tutorSplits) {
    for (const dialogue of read[split]!) {
      const other = seen.get(wordsOf(dialogue));
      if (other !== undefined && other !== split) {
        throw new UserError(`dialogue ${dialogue.line} appears in two splits: ${other} and ${split}`, {
          hint: 'a tutor that has learned a dialogue can not be assessed by it: take it out of one file',
        });
      }
      seen.set(wordsOf(dialogue), split);
    }
  }
  return read as Record<TutorSplit, readonly Dialogue[]>;
}
