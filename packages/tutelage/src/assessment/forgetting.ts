import { mean } from './checks.js';

/** What a learner that met tasks one after the other has kept at the end. */
export interface KeptLearning {
  /** α: mean accuracy over all classes after the last task, in [0, 1]. */
  readonly average: number;
  /** β: what was lost of the accuracy on the first task; below 0 where later tasks helped it. */
  readonly forgetting: number;
  /** F = 2 α / (β α + 1) (Singh et al. 2022, section 4). */
  readonly score: number;
}

/**
 * @param atEnd accuracy on each class after the last task
 * @param first accuracy on the first task right after it, and at the end
 */
export function keptLearning(
  atEnd: readonly number[],
  first: { readonly after: number; readonly atEnd: number },
): KeptLearning {
  const average = mean(atEnd);
  const forgetting = first.after - first.atEnd;
  return { average, forgetting, score: (2 * average) / (forgetting * average + 1) };
}
