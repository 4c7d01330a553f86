import type { random } from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import type { CausalModel } from '../../language/causal-model.js';
import { promptEncoder } from '../../language/chat/prompt.js';
import type { Lesson } from '../../language/lessons.js';
import type { Progress } from '../../runs/progress.js';
import type { Run } from '../../runs/run.js';
import type { OnePass } from '../../students/one-pass.js';
import type { LessonPair } from '../../students/pair-passes.js';
import { readPreferencePairs } from '../../tasks/preference-pairs.js';
import type { TuneParameters } from '../commands/tune.js';
import { threadsOf } from '../student-in.js';
import { keptIn } from './run.js';

/** What a way of tuning works with. */
export interface Tuning {
  readonly params: TuneParameters & { readonly learningRate: number };
  readonly model: CausalModel;
  /** Folder of the result. */
  readonly out: string;
  readonly dice: random.Stream;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly progress: Progress;
}

/** Data that is learned, pass after pass in random orders, and data that is only measured on. */
export interface Shares<T> {
  readonly learned: readonly T[];
  readonly held: readonly T[];
}

/** @throws {UserError} when too little is left to learn on */
export function sharesOf<T>(
  items: readonly T[],
  { params, dice }: Pick<Tuning, 'params' | 'dice'>,
): Shares<T> {
  const shuffled = dice.shuffle([...items]);
  const count = Math.round(params.heldOut * items.length);
  const rest = shuffled.slice(count);
  if (rest.length === 0) throw new UserError(`nothing is left to learn on: ${params.data}`);
  const learned = Array.from({ length: params.passes }, () => dice.shuffle([...rest])).flat();
  return { learned, held: shuffled.slice(0, count) };
}

/** An answer in tokens, with its end. */
export function lessonEncoder({ tokenizer }: CausalModel): (prompt: string, answer: string) => Lesson {
  const encode = promptEncoder(tokenizer);
  const { end } = tokenizer.special;
  return (prompt, answer) => ({
    prompt: encode(prompt),
    answer: [...tokenizer.encodePlain(answer), ...(end === undefined ? [] : [end])],
  });
}

/**
 * What fits into the model.
 *
 * @throws {UserError} when nothing does
 */
export function fitting<T>(
  items: readonly T[],
  lessonsOf: (item: T) => readonly Lesson[],
  { params, say }: Pick<Tuning, 'params' | 'say'>,
): T[] {
  const fits = ({ prompt, answer }: Lesson) =>
    prompt.length > 0 && answer.length > 0 && prompt.length + answer.length <= params.maxTokens;
  const kept = items.filter((item) => lessonsOf(item).every(fits));
  const left = items.length - kept.length;
  if (kept.length === 0) {
    throw new UserError(`nothing to learn: ${params.data}`, {
      detail: `all ${left} rows are longer than ${params.maxTokens} tokens, or empty`,
      hint: 'choose another --max-tokens',
    });
  }
  if (left > 0) say(`${left} of ${items.length} left out: longer than ${params.maxTokens} tokens, or empty`);
  return kept;
}

/** Pairs of answers from the user's file. */
export async function pairsOf(tuning: Tuning): Promise<Shares<LessonPair>> {
  const { pairs, rejected } = await readPreferencePairs(tuning.params.data);
  for (const [reason, count] of rejected.byReason) tuning.say(`${count} left out: ${reason}`);
  const lesson = lessonEncoder(tuning.model);
  const all = pairs.map(({ prompt, chosen, rejected: worse }) => ({
    chosen: lesson(prompt, chosen),
    rejected: lesson(prompt, worse),
  }));
  return sharesOf(
    fitting(all, ({ chosen, rejected: worse }) => [chosen, worse], tuning),
    tuning,
  );
}

/** How one pass is trained. */
export function trainingOf(tuning: Tuning, run: Run): OnePass {
  const { params, signal } = tuning;
  const { learningRate, batchSize, rank, seed } = params;
  return {
    learningRate,
    batchSize,
    loraRank: rank,
    seed,
    ...threadsOf(params),
    signal,
    kept: keptIn(run, tuning),
  };
}
