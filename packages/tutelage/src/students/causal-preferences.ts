import {
  type Concrete,
  gather,
  jit,
  mul,
  optim,
  reshape,
  type SessionOptions,
  type Value,
} from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { CausalModel } from '../language/causal-model.js';
import type { LessonBatch } from '../language/lessons.js';
import { type Llama, llama } from '../models/llama.js';
import { chunkLogProbabilities } from '../objectives/chunk-likelihood.js';
import { dpo, type Pairs, preferenceMargins } from '../objectives/preference.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { projections } from './adapted-trainer.js';
import { causalTrainer } from './causal-trainer.js';
import { lessonPasses, passShape } from './lesson-passes.js';
import { inSlots, type LessonPair, lessonsOf, pairPasses } from './pair-passes.js';

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
  const lessons = lessonsOf(pairs);
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
  /** Places of the two answers among all stretches of the rows, [slots] each. */
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
  const shape = passShape(lessonsOf(pairs), 2);
  const slots = batchSize;
  try {
    for (let step = 0; step < total && !signal.aborted; step++) {
      const [start, end] = [step * batchSize, (step + 1) * batchSize];
      const known = options.reference.slice(start, end);
      const passes = pairPasses(
        pairs.slice(start, end),
        shape,
        { slots, padding: model.tokenizer.special.end ?? 0 },
        ({ row, segment }) => row * shape.length + segment - 1,
      );
      const [first, ...rest] = passes.map(({ batch, members, ...pass }) => {
        const side = (of: keyof PairLogs) =>
          inSlots(
            members.map((i) => known[i]![of]),
            slots,
          );
        const reference = { chosen: side('chosen'), rejected: side('rejected') };
        return { ...batch, ...pass, reference } as Concrete<Preferred<Value>>;
      });
      const { loss } = await trainer.learn(first!, ...rest);
      options.onStep?.(step + 1, total, loss);
    }
    return { ...model, params: await trainer.params() };
  } finally {
    await trainer.dispose();
  }
}
