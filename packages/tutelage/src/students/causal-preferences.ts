import { type Concrete, jit, optim, slice, type Tensor, tensor, type Value } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { CausalModel } from '../language/causal-model.js';
import { type Lesson, type LessonBatch, lessonBatch, positionsOf } from '../language/lessons.js';
import { type Llama, llama } from '../models/llama.js';
import { dpo, preferenceMargins } from '../objectives/preference.js';
import { sequenceLogProbabilities, tokenLogProbabilities } from '../objectives/tokens.js';
import { causalTrainer, projections } from './causal-trainer.js';

/** Two answers to a prompt, in tokens, the better one first. */
export interface LessonPair {
  readonly chosen: Lesson;
  readonly rejected: Lesson;
}

/** Log-probabilities of the two answers of a pair. */
export interface PairLogs {
  readonly chosen: number;
  readonly rejected: number;
}

/** Rows have a multiple of so many tokens, so that few programs are compiled. */
const unit = 32;

type Scored<T> = LessonBatch<T> & {
  /** Of the chosen answers, then of the rejected ones, [2 x pairs]. */
  readonly reference: T;
};

/** Rows of the chosen answers, then of the rejected ones. */
function rowsOf(pairs: readonly LessonPair[], padding: number): LessonBatch<Tensor> {
  const lessons = [...pairs.map(({ chosen }) => chosen), ...pairs.map(({ rejected }) => rejected)];
  const length = unit * Math.ceil(Math.max(...lessons.map(positionsOf)) / unit);
  return lessonBatch(
    lessons.map((lesson) => [lesson]),
    { length, padding },
  );
}

const answerLogs = (logits: Value, { next, counted }: Pick<LessonBatch<Value>, 'next' | 'counted'>): Value =>
  sequenceLogProbabilities(tokenLogProbabilities(logits, next), counted);

/** Log-probabilities of both answers of each pair under a model: of whole answers, not divided by their lengths. */
export async function pairLogs(
  { params, config, tokenizer }: CausalModel,
  pairs: readonly LessonPair[],
  { batchSize, signal }: { readonly batchSize: number; readonly signal: AbortSignal },
): Promise<PairLogs[]> {
  const run = jit((p: Llama<Value>, batch: LessonBatch<Value>) =>
    answerLogs(llama(p, config, batch.tokens, batch.segments), batch),
  );
  const found: PairLogs[] = [];
  try {
    // Pairs of like length together, so that little is padding.
    const order = byLength(pairs);
    const logs = new Map<number, PairLogs>();
    for (let at = 0; at < pairs.length && !signal.aborted; at += batchSize) {
      const rows = order.slice(at, at + batchSize);
      const { data } = await run(
        params,
        rowsOf(
          rows.map((i) => pairs[i]!),
          tokenizer.special.end ?? 0,
        ),
      );
      rows.forEach((row, i) => {
        logs.set(row, { chosen: Number(data[i]), rejected: Number(data[i + rows.length]) });
      });
    }
    for (let i = 0; i < pairs.length && logs.has(i); i++) found.push(logs.get(i)!);
    return found;
  } finally {
    await run.dispose();
  }
}

function byLength(pairs: readonly LessonPair[]): number[] {
  const size = ({ chosen, rejected }: LessonPair) => Math.max(positionsOf(chosen), positionsOf(rejected));
  return pairs.map((_, i) => i).sort((a, b) => size(pairs[a]!) - size(pairs[b]!));
}

/** Share of pairs whose chosen answer a model finds likelier than the rejected one, relative to a reference if there is one. */
export function pairAccuracy(logs: readonly PairLogs[], reference?: readonly PairLogs[]): number {
  return mean(
    logs.map(({ chosen, rejected }, i) => {
      const base = reference?.[i] ?? { chosen: 0, rejected: 0 };
      return Number(chosen - base.chosen > rejected - base.rejected);
    }),
  );
}

export interface CausalDpoOptions {
  readonly model: CausalModel;
  /** Pairs in the order of their updates, with their log-probabilities under the reference. */
  readonly pairs: readonly LessonPair[];
  readonly reference: readonly PairLogs[];
  readonly beta: number;
  readonly learningRate: number;
  readonly batchSize: number;
  /** Rank of low-rank changes; all weights are trained where it is 0. */
  readonly loraRank: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears of each update. */
  readonly onStep?: (step: number, of: number, loss: number) => void;
}

/** Direct preference optimisation of a causal language model, one pass over pairs in their order, with a new optimizer. */
export async function dpoCausal(options: CausalDpoOptions): Promise<CausalModel> {
  const { model, pairs, reference, beta, batchSize, loraRank, signal } = options;
  const total = Math.ceil(pairs.length / batchSize);
  const halves = (rows: Value) => {
    const middle = rows.dim(0) / 2;
    return {
      chosen: slice(rows, { axis: 0, end: middle }),
      rejected: slice(rows, { axis: 0, start: middle }),
    };
  };
  const trainer = causalTrainer<Scored<Value>>({
    model,
    objective: (logits, batch) =>
      dpo(preferenceMargins(halves(answerLogs(logits, batch)), halves(batch.reference)), { beta }),
    learningRate: options.learningRate,
    schedule: optim.linear({ total, warmup: Math.ceil(total / 10) }),
    clipNorm: 1,
    ...(loraRank > 0 && { lora: { rank: loraRank, alpha: 2 * loraRank, match: projections } }),
    seed: options.seed,
  });
  try {
    for (let step = 0; step < total && !signal.aborted; step++) {
      const [start, end] = [step * batchSize, (step + 1) * batchSize];
      const own = reference.slice(start, end);
      const logs = Float32Array.from([
        ...own.map(({ chosen }) => chosen),
        ...own.map(({ rejected }) => rejected),
      ]);
      const batch = {
        ...rowsOf(pairs.slice(start, end), model.tokenizer.special.end ?? 0),
        reference: tensor(logs),
      };
      const { loss } = await trainer.learn(batch as Concrete<Scored<Value>>);
      options.onStep?.(step + 1, total, loss);
    }
    return { ...model, params: await trainer.params() };
  } finally {
    await trainer.dispose();
  }
}
