import { checkPaired } from './checks.js';
import { argMax } from './probabilities.js';

const [coldest, hottest] = [0.01, 100];
const halvings = 40;

/**
 * The temperature in [0.01, 100] at which softmax(logits / temperature) has the least log loss (Guo et al. 2017, section 4.2). The
 * loss is convex in 1 / temperature, so that the sign of its slope is enough to bisect by.
 *
 * @param logits [examples][classes] of validation data, which the model did not learn from
 * @param classes the class of each example
 */
export function fitTemperature(logits: readonly ArrayLike<number>[], classes: ArrayLike<number>): number {
  checkPaired('temperature', logits, classes);
  let low = Math.log(coldest);
  let high = Math.log(hottest);
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (isTooHot(logits, classes, Math.exp(middle))) high = middle;
    else low = middle;
  }
  return Math.exp((low + high) / 2);
}

/** Whether the logit of the true class exceeds the mean one: then sharper answers would be likelier. */
function isTooHot(
  logits: readonly ArrayLike<number>[],
  classes: ArrayLike<number>,
  temperature: number,
): boolean {
  let lead = 0;
  logits.forEach((row, i) => {
    lead += row[classes[i]!]! - meanLogit(row, temperature);
  });
  return lead > 0;
}

/** The mean of the logits, weighted by their probabilities. */
function meanLogit(row: ArrayLike<number>, temperature: number): number {
  const top = row[argMax(row)]!;
  let [total, sum] = [0, 0];
  for (let label = 0; label < row.length; label++) {
    const weight = Math.exp((row[label]! - top) / temperature);
    total += weight;
    sum += weight * row[label]!;
  }
  return sum / total;
}
