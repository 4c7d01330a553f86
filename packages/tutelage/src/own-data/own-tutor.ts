import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import { type CausalModel, openCausalModel } from '../language/causal-model.js';
import type { ChatMessage } from '../language/chat/format.js';
import { conversationEncoder } from '../language/chat/prompt.js';
import type { Lesson } from '../language/lessons.js';
import { openResponder } from '../language/open-responder.js';
import { readPlan } from '../tasks/language-files.js';
import {
  type CodeBook,
  readTurn,
  type TutorTurn,
  tutorbotCodes,
  tutorSystem,
  unknownCode,
  writeTurn,
} from '../tasks/tutor-codes.js';
import {
  type Dialogue,
  readCodeBook,
  readDialogues,
  readTutorRules,
  ruledTurn,
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
  dialogues: z.union([
    z.string(),
    z.object({ supervised: z.string(), preferences: z.string(), test: z.string() }),
  ]),
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

/** Where a tutor is to say something, with what the expert says there. */
export interface TutorPlace {
  readonly dialogue: number;
  /** What was said before, the system first. */
  readonly messages: readonly ChatMessage[];
  readonly expert: TutorTurn;
  /** Whether nobody has said anything yet. */
  readonly opens: boolean;
}

/**
 * The dialogues of each split, shuffled where they were given together.
 *
 * @param shares of the dialogues for supervised training and for preferences
 * @throws {UserError} when a split is empty
 */
function splitDialogues(
  dialogues: OwnTutor['dialogues'],
  shares: Readonly<Record<Exclude<TutorSplit, 'test'>, number>>,
  seed: number,
): Record<TutorSplit, readonly Dialogue[]> {
  if ('test' in dialogues) return dialogues;
  const order = random.stream(random.foldIn(random.key(seed), 'dialogues')).shuffle(dialogues);
  const first = Math.round(shares.supervised * order.length);
  const second = first + Math.round(shares.preferences * order.length);
  const found = {
    supervised: order.slice(0, first),
    preferences: order.slice(first, second),
    test: order.slice(second),
  };
  const empty = tutorSplits.find((split) => found[split].length === 0);
  if (empty === undefined) return found;
  throw new UserError(`no dialogues for ${empty}: there are ${order.length}`, {
    hint: 'give more, or change supervisedShare and preferenceShare',
  });
}

interface ExpertOptions {
  /** Where answers of a language model are kept. */
  readonly folder: string;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  /** Hears which turns are skipped, and why. */
  readonly say: (message: string) => void;
}

/** The places of some dialogues at which the expert has a valid turn. */
async function tutorPlaces(
  { book, system, expert }: OwnTutor,
  dialogues: readonly Dialogue[],
  { folder, maxTokens, signal, say }: ExpertOptions,
): Promise<TutorPlace[]> {
  const open = dialogues.flatMap(({ line, rows }) =>
    rows.flatMap((row, i) => {
      if (row.by !== 'tutor') return [];
      const before = rows.slice(0, i);
      const messages: ChatMessage[] = [
        { role: 'system', content: system },
        ...before.map(({ by, text, codes }): ChatMessage => {
          if (by === 'learner') return { role: 'user', content: text };
          const turn = codedTurn(text, codes, book);
          return { role: 'assistant', content: typeof turn === 'string' ? text : writeTurn(turn, book) };
        }),
      ];
      return [{ dialogue: line, turn: i + 1, row, messages, last: before.at(-1) }];
    }),
  );
  const turns = await expertTurns();
  return open.flatMap(({ dialogue, turn, messages, last }, i) => {
    const found = turns[i];
    if (found === undefined) return [];
    if (typeof found !== 'string') return [{ dialogue, messages, expert: found, opens: last === undefined }];
    say(`expert turn ${turn} of dialogue ${dialogue} has no valid codes: skipped: ${found}`);
    return [];
  });

  /** In the order of the places: a turn, or why there is none; undefined where the signal ended the work. */
  async function expertTurns(): Promise<(TutorTurn | string | undefined)[]> {
    if (expert === 'dialogues') return open.map(({ row }) => codedTurn(row.text, row.codes, book));
    if (typeof expert !== 'string')
      return open.map(({ last }) => ruledTurn(expert, last?.codes) ?? 'no rule fits');
    const responder = await openResponder(expert, { folder, say });
    try {
      const replies = await responder.respond(
        open.map(({ messages }) => messages),
        { maxTokens, signal },
      );
      return replies.map((reply) => (reply.kind === 'text' ? readTurn(reply.text, book) : reply.reason));
    } finally {
      await responder.close();
    }
  }
}

export interface TutorSettings {
  /** Shares of the dialogues, where they are in one file. */
  readonly supervisedShare: number;
  readonly preferenceShare: number;
  /** Of a dialogue and a turn together, and of a turn. */
  readonly maxTokens: number;
  readonly answerTokens: number;
}

/**
 * The places of each split, without those that are too long, and without the first of a dialogue in the test; fewer where the signal ended the
 * work.
 *
 * @throws {UserError} when a split has none
 */
export async function placesOfSplits(
  own: OwnTutor,
  settings: TutorSettings,
  { folder, seed, signal, say }: MethodContext,
): Promise<Record<TutorSplit, readonly TutorPlace[]>> {
  const { supervisedShare, preferenceShare, maxTokens, answerTokens } = settings;
  const shares = { supervised: supervisedShare, preferences: preferenceShare };
  const dialogues = splitDialogues(own.dialogues, shares, seed);
  const places: Record<TutorSplit, readonly TutorPlace[]> = { supervised: [], preferences: [], test: [] };
  for (const split of tutorSplits) {
    const all = await tutorPlaces(own, dialogues[split], { folder, maxTokens: answerTokens, signal, say });
    const fits = all.filter((place) => {
      const { prompt, answer } = turnLesson(own.model, place, writeTurn(place.expert, own.book));
      return prompt.length + Math.max(answer.length, answerTokens) <= maxTokens;
    });
    if (fits.length < all.length)
      say(`${split}: ${all.length - fits.length} turns are too long, and left out`);
    places[split] = fits.filter(({ opens }) => split !== 'test' || !opens);
    if (places[split].length > 0 || signal.aborted) continue;
    throw new UserError(`no turns of the expert for ${split}: ${dialogues[split].length} dialogues`, {
      hint: 'give more dialogues, check their codes, or make maxTokens greater',
    });
  }
  return places;
}

/** A turn at a place as a lesson, which ends by the end token. */
export function turnLesson({ tokenizer }: CausalModel, { messages }: TutorPlace, text: string): Lesson {
  return {
    prompt: conversationEncoder(tokenizer)(messages),
    answer: [...tokenizer.encodePlain(text), tokenizer.special.end ?? 0],
  };
}

/** The expert's turns as lessons. */
export function expertLessons(model: CausalModel, places: readonly TutorPlace[], book: CodeBook): Lesson[] {
  return places.map((place) => turnLesson(model, place, writeTurn(place.expert, book)));
}

/** A turn by its codes where they are given, or else by what is written, or why it is none. */
function codedTurn(
  text: string,
  codes: Readonly<Record<string, string>> | undefined,
  book: CodeBook,
): TutorTurn | string {
  if (!codes) return readTurn(text, book);
  const { evaluation, action, state, subproblem } = codes;
  if (evaluation === undefined || action === undefined || state === undefined) {
    return 'codes need evaluation, action and state';
  }
  const turn = { evaluation, action, state };
  return unknownCode(turn, book) ?? { ...turn, text, ...(subproblem !== undefined && { subproblem }) };
}
