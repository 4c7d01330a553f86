import { type Concrete, gather, mul, reshape, type Value } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { CausalModel } from '../language/causal-model.js';
import type { LessonBatch } from '../language/lessons.js';
import { chunkLogProbabilities } from '../objectives/chunk-likelihood.js';
import { dpo, type Pairs, preferenceMargins } from '../objectives/preference.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { causalTrainer } from './causal-trainer.js';
import { type LessonLogsOptions, lessonLogs } from './lesson-logs.js';
import { passShape } from './lesson-passes.js';
import { learnOnePass, type OnePass, onePassTraining } from './one-pass.js';
import { inSlots, type LessonPair, lessonsOf, pairPasses } from './pair-passes.js';

/** Log-probabilities of the two answers of a pair. */
export interface PairLogs {
  readonly chosen: number;
  readonly rejected: number;
}

/**
 * Log-probabilities of both answers of each pair under a model: of whole answers, not divided by their lengths. Where the signal ends the
 * work, those of the pairs before the first that is not known.
 */
export async function pairLogs(
  model: CausalModel,
  pairs: readonly LessonPair[],
  options: LessonLogsOptions,
): Promise<PairLogs[]> {
  const logs = await lessonLogs(model, lessonsOf(pairs), options);
  const found: PairLogs[] = [];
  for (let i = 0; i < pairs.length; i++) {
    const [chosen, rejected] = [logs[2 * i], logs[2 * i + 1]];
    if (chosen === undefined || rejected === undefined) break;
    found.push({ chosen, rejected });
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

export interface CausalDpoOptions extends OnePass {
  readonly model: CausalModel;
  /** Pairs in the order of their updates, with their log-probabilities under the reference. */
  readonly pairs: readonly LessonPair[];
  readonly reference: readonly PairLogs[];
  readonly beta: number;
}

type Preferred<T> = LessonBatch<T> & {
  /** Places of the two answers among all stretches of the rows, [slots] each. */
  readonly at: Pairs<T>;
  /** Log-probabilities under the reference, [slots] each. */
  readonly reference: Pairs<T>;
  /** What each pair counts, [slots]: 0 where there is none. */
  readonly weights: T;
};

/** Direct preference optimisation of a causal language model, one pass over pairs in their order. */
export async function dpoCausal(options: CausalDpoOptions): Promise<CausalModel> {
  const { model, pairs, beta, batchSize } = options;
  const trainer = causalTrainer<Preferred<Value>>({
    ...onePassTraining(pairs.length, options),
    model,
    objective(logits, { next, counted, segments, at, reference, weights }) {
      const perToken = mul(tokenLogProbabilities(logits, next), counted);
      const answers = reshape(chunkLogProbabilities(perToken, segments), [-1]);
      const policy = { chosen: gather(answers, at.chosen), rejected: gather(answers, at.rejected) };
      return dpo(preferenceMargins(policy, reference), { beta, weights });
    },
  });
  const shape = passShape(lessonsOf(pairs), 2);
  const layout = { slots: batchSize, padding: model.tokenizer.special.end ?? 0 };
  const batchesOf = (start: number, end: number) => {
    const known = options.reference.slice(start, end);
    const passes = pairPasses(
      pairs.slice(start, end),
      shape,
      layout,
      ({ row, segment }) => row * shape.length + segment - 1,
    );
    return passes.map(({ batch, members, at, weights }) => {
      const logsOf = (side: keyof PairLogs) => {
        const logs = members.map((i) => known[i]![side]);
        return inSlots(logs, batchSize);
      };
      const reference = { chosen: logsOf('chosen'), rejected: logsOf('rejected') };
      return { ...batch, at, weights, reference } as Concrete<Preferred<Value>>;
    });
  };
  const pass = { trainer, objective: `dpo, beta ${beta}`, examples: pairs.length, batchesOf };
  return { ...model, params: await learnOnePass(pass, options) };
}
