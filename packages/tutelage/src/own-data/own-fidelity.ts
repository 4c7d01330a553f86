import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { mean } from '../assessment/checks.js';
import { answerAgreement, equationsHold, rationaleFidelity } from '../assessment/rationales.js';
import { UserError } from '../core/errors.js';
import { type CausalModel, openCausalModel } from '../language/causal-model.js';
import { promptEncoder } from '../language/chat/prompt.js';
import { llamaDecoder } from '../language/generate/decoder.js';
import { generate } from '../language/generate/generate.js';
import type { Lesson } from '../language/lessons.js';
import { pairVocabularies } from '../language/vocabulary-pairing.js';
import { jsonRows } from '../tasks/json-rows.js';
import { readPlan } from '../tasks/language-files.js';
import { finalAnswer, sameAnswer } from '../tasks/verifiable/answers.js';

/** A question with its answer, and perhaps the way to it. */
export interface SolvedRow {
  readonly prompt: string;
  readonly rationale?: string;
  readonly answer: string;
}

/** What a user gives to see what a student takes over from its teacher. */
export interface OwnFidelity {
  readonly teacher: CausalModel;
  readonly student: CausalModel;
  readonly train: readonly SolvedRow[];
  readonly test: readonly SolvedRow[];
  readonly matcher: 'answer' | 'exact';
  /** SHA-256 of the data and the plan. */
  readonly hash: string;
}

const planSchema = z.object({
  teacher: z.string(),
  student: z.string(),
  train: z.string(),
  test: z.string(),
  matcher: z.enum(['answer', 'exact']).default('answer'),
});

/**
 * Reads a JSON file that names a teacher and a student (LLaMA models: folders as Hugging Face lays them out, or GGUF files), and files of
 * questions with answers and, perhaps, rationales to learn and to be tested on.
 *
 * @throws {UserError} where something can't be read, the vocabularies differ, or a test question is learned on
 */
export async function readOwnFidelity(path: string): Promise<OwnFidelity> {
  const { plan, at } = await readPlan(path, planSchema);
  const [train, test] = [await readSolved(at(plan.train)), await readSolved(at(plan.test))];
  const learned = new Set(train.map(({ prompt }) => prompt));
  const leaked = test.findIndex(({ prompt }) => learned.has(prompt));
  if (leaked >= 0) {
    throw new UserError(`item ${leaked + 1} of the test is in the training file too`, {
      hint: 'take it out of one of them',
    });
  }
  const hash = createHash('sha256').update(JSON.stringify(plan));
  for (const file of [plan.train, plan.test]) hash.update(readFileSync(at(file)));
  const [teacher, student] = [
    await openCausalModel(at(plan.teacher)),
    await openCausalModel(at(plan.student)),
  ];
  pairVocabularies(teacher, student);
  return { teacher, student, train, test, matcher: plan.matcher, hash: hash.digest('hex') };
}

const text = z.string().trim().min(1);
const rowSchema = z.object({
  prompt: text,
  rationale: text.exactOptional(),
  answer: z.union([text, z.number()], { error: 'expected a text or a number' }).transform(String),
});

async function readSolved(path: string): Promise<SolvedRow[]> {
  const rows = await jsonRows(path, rowSchema, 'a prompt with its answer');
  if (rows.length === 0) throw new UserError(`no items: ${path}`);
  return rows.map(({ value }) => value);
}

/** A solution as it is learned: the way, and the answer in a line of its own. */
export function solutionText({ rationale, answer }: Pick<SolvedRow, 'rationale' | 'answer'>): string {
  return `${rationale === undefined ? '' : `${rationale}\n`}#### ${answer}`;
}

/** A text as the answer to a question, which ends by the end token. */
export function solutionLesson({ tokenizer }: CausalModel, { prompt }: SolvedRow, solution: string): Lesson {
  return {
    prompt: promptEncoder(tokenizer)(`${prompt}\n`),
    answer: [...tokenizer.encodePlain(solution), tokenizer.special.end ?? 0],
  };
}

export interface SolvingOptions {
  readonly maxTokens: number;
  /** 0 takes the likeliest tokens. */
  readonly temperature: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Questions that are answered together. */
const together = 16;

/** What a model writes to some questions; to those before the signal ended the work. */
export async function solved(
  model: CausalModel,
  rows: readonly SolvedRow[],
  { maxTokens, temperature, seed, signal }: SolvingOptions,
): Promise<string[]> {
  const prompts = rows.map((row) => solutionLesson(model, row, '').prompt);
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 1);
  const decoder = await llamaDecoder(model.params, model.config, longest + maxTokens);
  const endTokens = [model.tokenizer.special.end ?? 0];
  const key = random.foldIn(random.key(seed), 'solutions');
  const found: string[] = [];
  try {
    for (let at = 0; at < prompts.length && !signal.aborted; at += together) {
      const answers = await generate(decoder, prompts.slice(at, at + together), {
        maxTokens,
        endTokens,
        ...(temperature > 0 && { sampling: { key: random.foldIn(key, at), temperature } }),
      });
      found.push(
        ...answers.map(({ tokens }) =>
          model.tokenizer.decode(tokens.filter((token) => !endTokens.includes(token))),
        ),
      );
    }
    return found;
  } finally {
    await decoder.release();
  }
}

const share = z.number().min(0).max(1);

/** What a student took over from its teacher. */
export const fidelitySchema = z.object({
  accuracy: share,
  agreement: z.object({ same: share, bothRight: share, bothWrongSame: share, bothWrongOtherwise: share }),
  /** Null where the items have no rationales. */
  fidelity: z.object({ exact: share, bleu: share, shuffledBleu: share, edits: share }).nullable(),
  /** Share of the rationales with equations in which all hold; null where there are none. */
  validity: share.nullable(),
});
export type Fidelity = z.output<typeof fidelitySchema>;

/** Share of the items that texts answer right. */
export function accuracyOf(
  texts: readonly string[],
  rows: readonly SolvedRow[],
  matcher: OwnFidelity['matcher'],
): number {
  return mean(texts.map((own, i) => Number(isSame(answerOf(own), rows[i]!.answer, matcher))));
}

/** Compares what a student and its teacher wrote to the same questions. */
export function fidelityOf(
  texts: readonly string[],
  teachers: readonly string[],
  { test, matcher }: Pick<OwnFidelity, 'test' | 'matcher'>,
): Fidelity {
  const answers = texts.map((own, i) => {
    const [answer, other] = [answerOf(own), answerOf(teachers[i]!)];
    const right = (one: string | undefined) => isSame(one, test[i]!.answer, matcher);
    return {
      right: right(answer),
      teacherRight: right(other),
      same: other !== undefined && isSame(answer, other, matcher),
    };
  });
  const ways = (all: readonly string[]) => all.map((own) => own.split('####')[0]!.trim());
  const checked = ways(texts).flatMap((way) => equationsHold(way) ?? []);
  const reasoned = test.every(({ rationale }) => rationale !== undefined);
  return {
    accuracy: mean(answers.map(({ right }) => Number(right))),
    agreement: answerAgreement(answers),
    fidelity: reasoned ? rationaleFidelity(ways(texts), ways(teachers)) : null,
    validity: checked.length === 0 ? null : mean(checked.map(Number)),
  };
}

const answerOf = (own: string) => finalAnswer(own)?.trim();

function isSame(found: string | undefined, expected: string, matcher: OwnFidelity['matcher']): boolean {
  if (found === undefined) return false;
  return matcher === 'exact' ? found === expected.trim() : sameAnswer(found, expected);
}
