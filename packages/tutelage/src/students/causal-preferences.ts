import {
  type Concrete,
  gather,
  jit,
  mul,
  optim,
  reshape,
  type SessionOptions,
  tensor,
  type Value,
} from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { CausalModel } from '../language/causal-model.js';
import type { Lesson, LessonBatch } from '../language/lessons.js';
import { type Llama, llama } from '../models/llama.js';
import { chunkLogProbabilities } from '../objectives/chunk-likelihood.js';
import { dpo, type Pairs, preferenceMargins } from '../objectives/preference.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { causalTrainer, projections } from './causal-trainer.js';
import { groupedPasses, lessonPasses, type PassShape, passShape } from './lesson-passes.js';

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

export interface PairLogsOptions extends Pick<SessionOptions, 'threads'> {
  readonly signal: AbortSignal;
}

/**
 * Log-probabilities of both answers of each pair under a model: of whole answers, not divided by their lengths. Where the signal ends the
 * work, those of the pairs before the first that is not known.
 */
export async function pairLogs(
  { params, config, tokenizer }: CausalModel,
  pairs: readonly LessonPair[],
  { signal, ...session }: PairLogsOptions,
): Promise<PairLogs[]> {
  type Read<T> = Omit<LessonBatch<T>, 'counted'>;
  const run = jit(
    (p: Llama<Value>, { tokens, next, segments }: Read<Value>) =>
      tokenLogProbabilities(llama(p, config, tokens, segments), next),
    session,
  );
  const lessons = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const logs = new Map<number, number>();
  try {
    const shape = passShape(lessons, 1);
    for (const { batch, places } of lessonPasses(lessons, shape, tokenizer.special.end ?? 0)) {
      if (signal.aborted) break;
      const { counted: _, ...read } = batch;
      const data = (await run(params, read as Concrete<Read<Value>>)).data as Float32Array;
      for (const [i, { row, start }] of places) {
        const { prompt, answer } = lessons[i]!;
        const from = row * shape.length + start + prompt.length - 1;
        logs.set(
          i,
          data.subarray(from, from + answer.length).reduce((sum, log) => sum + log, 0),
        );
      }
    }
  } finally {
    await run.dispose();
  }
  const found: PairLogs[] = [];
  for (let i = 0; i < pairs.length && logs.has(2 * i) && logs.has(2 * i + 1); i++) {
    found.push({ chosen: logs.get(2 * i)!, rejected: logs.get(2 * i + 1)! });
  }
  return found;
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

export interface CausalDpoOptions extends PairLogsOptions {
  readonly model: CausalModel;
  /** Pairs in the order of their updates, with their log-probabilities under the reference. */
  readonly pairs: readonly LessonPair[];
  readonly reference: readonly PairLogs[];
  readonly beta: number;
  readonly learningRate: number;
  /** Pairs of an update. They go through the model some hundred tokens at once, whatever their number. */
  readonly batchSize: number;
  /** Rank of low-rank changes; all weights are trained where it is 0. */
  readonly loraRank: number;
  readonly seed: number;
  /** Hears of each update. */
  readonly onStep?: (step: number, of: number, loss: number) => void;
}

type Preferred<T> = LessonBatch<T> & {
  /** Places of the two answers among all stretches of the rows, [slots] each, of int32. */
  readonly at: Pairs<T>;
  /** Log-probabilities under the reference, [slots] each. */
  readonly reference: Pairs<T>;
  /** What each pair counts, [slots]: 0 where there is none. */
  readonly weights: T;
};

/** Direct preference optimisation of a causal language model, one pass over pairs in their order, with a new optimizer. */
export async function dpoCausal(options: CausalDpoOptions): Promise<CausalModel> {
  const { model, pairs, beta, batchSize, loraRank, threads, signal } = options;
  const total = Math.ceil(pairs.length / batchSize);
  const trainer = causalTrainer<Preferred<Value>>({
    model,
    objective(logits, { next, counted, segments, at, reference, weights }) {
      const perToken = mul(tokenLogProbabilities(logits, next), counted);
      const answers = reshape(chunkLogProbabilities(perToken, segments), [-1]);
      const policy = { chosen: gather(answers, at.chosen), rejected: gather(answers, at.rejected) };
      return dpo(preferenceMargins(policy, reference), { beta, weights });
    },
    learningRate: options.learningRate,
    schedule: optim.linear({ total, warmup: Math.ceil(total / 10) }),
    clipNorm: 1,
    accumulates: true,
    ...(loraRank > 0 && { lora: { rank: loraRank, alpha: 2 * loraRank, match: projections } }),
    seed: options.seed,
    ...(threads !== undefined && { threads }),
  });
  const shape = passShape(
    pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]),
    2,
  );
  try {
    for (let step = 0; step < total && !signal.aborted; step++) {
      const members = pairs.slice(step * batchSize, (step + 1) * batchSize);
      const known = options.reference.slice(step * batchSize, (step + 1) * batchSize);
      const [first, ...rest] = preferredBatches(members, known, shape, {
        slots: batchSize,
        padding: model.tokenizer.special.end ?? 0,
      });
      const { loss } = await trainer.learn(first!, ...rest);
      options.onStep?.(step + 1, total, loss);
    }
    return { ...model, params: await trainer.params() };
  } finally {
    await trainer.dispose();
  }
}

/** The pairs of an update in passes of one shape, so weighted that the mean of the passes' losses is that of the pairs'. */
function preferredBatches(
  pairs: readonly LessonPair[],
  logs: readonly PairLogs[],
  shape: PassShape,
  { slots, padding }: { readonly slots: number; readonly padding: number },
): Concrete<Preferred<Value>>[] {
  const lessons = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const passes = groupedPasses(
    lessons,
    pairs.map((_, i) => [2 * i, 2 * i + 1]),
    shape,
    padding,
  );
  return passes.map(({ batch, places }) => {
    const members = pairs.flatMap((_, i) => (places.has(2 * i) ? [i] : []));
    const filled = <A extends Int32Array | Float32Array>(data: A, of: (pair: number) => number) => {
      members.forEach((pair, slot) => {
        data[slot] = of(pair);
      });
      return tensor(data);
    };
    const at = (lesson: number) => {
      const { row, segment } = places.get(lesson)!;
      return row * shape.length + segment - 1;
    };
    return {
      ...batch,
      at: {
        chosen: filled(new Int32Array(slots), (i) => at(2 * i)),
        rejected: filled(new Int32Array(slots), (i) => at(2 * i + 1)),
      },
      reference: {
        chosen: filled(new Float32Array(slots), (i) => logs[i]!.chosen),
        rejected: filled(new Float32Array(slots), (i) => logs[i]!.rejected),
      },
      weights: filled(new Float32Array(slots), () => passes.length / pairs.length),
    } as Concrete<Preferred<Value>>;
  });
}
