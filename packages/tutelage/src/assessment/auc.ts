import { checkPaired } from './checks.js';
import { midranks } from './ranks.js';

/**
 * Area under the receiver operating characteristic: the probability that a positive example scores above a negative one, ties
 * counting half. Exact, by the Mann-Whitney statistic (Hanley & McNeil 1982).
 *
 * @param positive 1 for positive examples, else 0
 * @param scores greater means more likely positive
 * @throws RangeError unless both kinds occur
 */
export function auc(positive: ArrayLike<number>, scores: ArrayLike<number>): number {
  checkPaired('AUC', positive, scores);
  const ranks = midranks(scores);
  let positives = 0;
  let sum = 0;
  ranks.forEach((rank, i) => {
    if (positive[i] !== 1) return;
    positives += 1;
    sum += rank;
  });
  const negatives = positive.length - positives;
  if (positives === 0 || negatives === 0) {
    throw new RangeError(`AUC: ${positives} positive and ${negatives} negative examples; both are needed`);
  }
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
