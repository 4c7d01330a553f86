import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { shuffled } from '../curricula/weighted-draw.js';
import { allLearners, type Interactions } from '../tasks/interactions/index.js';
import type { FitSplit } from './tracer.js';

/** Learners to fit and stop by in each fold, and those that are tested, who are in none. */
export interface LearnerSplits {
  readonly test: Int32Array;
  readonly folds: readonly FitSplit[];
}

const testShare = 0.2;

/**
 * Splits by learner, as pyKT does: a fifth are for the test, and each fold of the others is once for validation. Folds that the data
 * come with are kept.
 *
 * @param folds at least 2
 */
export function splitLearners(data: Interactions, folds: number, seed: number): LearnerSplits {
  const everyone = allLearners(data);
  const published = data.folds;
  if (published?.some((fold) => fold >= 0)) {
    const numbers = [...new Set(published)].filter((fold) => fold >= 0).sort((a, b) => a - b);
    if (numbers.length > 1 && published.includes(-1)) {
      const of = (keep: (fold: number) => boolean) => everyone.filter((u) => keep(published[u]!));
      return {
        test: of((fold) => fold < 0),
        folds: numbers.map((n) => ({
          train: of((fold) => fold >= 0 && fold !== n),
          validation: of((fold) => fold === n),
        })),
      };
    }
  }
  const order = Int32Array.from(shuffled(everyone.length, random.foldIn(random.key(seed), 'learners')));
  const tested = Math.max(1, Math.round(testShare * order.length));
  return { test: order.slice(0, tested).sort(), folds: foldsOf(order.slice(tested), folds) };
}

/**
 * Sees to it that learners can be assessed in each part: some answers right and some wrong beyond each learner's first.
 *
 * @throws {UserError} for a part where there are not
 */
export function checkSplits(data: Interactions, { test, folds }: LearnerSplits): void {
  const parts = [
    { name: 'test', learners: test },
    ...folds.map(({ validation }, n) => ({ name: `fold ${n + 1}`, learners: validation })),
  ];
  for (const { name, learners } of parts) {
    const counted = Array.from(learners, (u) => {
      const begin = data.offsets[u]!;
      const own = data.response.subarray(begin, data.offsets[u + 1]!);
      return own.filter((_, i) => data.first[begin + i] !== begin);
    });
    if ([0, 1].every((response) => counted.some((own) => own.includes(response)))) continue;
    throw new UserError(`too few answers to assess: ${name}: ${learners.length} learners`, {
      detail: 'AUC needs right answers and wrong ones, beyond the first of each learner',
      hint: 'give more learners, or fewer folds',
    });
  }
}

/** Cross-validation over learners in the order given. */
export function foldsOf(learners: Int32Array, folds: number): FitSplit[] {
  return Array.from({ length: folds }, (_, n) => ({
    train: learners.filter((_, i) => i % folds !== n),
    validation: learners.filter((_, i) => i % folds === n),
  }));
}
