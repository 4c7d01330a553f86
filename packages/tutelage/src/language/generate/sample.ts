import type { random } from '@tutelage/engine';
import { UserError } from '../../core/errors.js';

/** How tokens are drawn. What is left out does nothing. */
export interface Sampling {
  /** What is drawn depends on the key, the row and the place in the answer alone. */
  readonly key: random.Key;
  /** Above 0; divides the logits. 1 unless told. */
  readonly temperature?: number;
  /** Draw from the so many likeliest tokens (Fan et al. 2018). */
  readonly topK?: number;
  /** Draw from the fewest likeliest tokens that have this much probability together, in (0, 1] (Holtzman et al. 2020). */
  readonly topP?: number;
  /** Draw from the tokens that are at least this fraction as likely as the likeliest, in [0, 1] (Nguyen et al. 2024). */
  readonly minP?: number;
}

/** @throws {UserError} when a value is out of its range */
export function checkSampling({ temperature = 1, topK = 1, topP = 1, minP = 0 }: Sampling): void {
  const check = (name: string, value: number, valid: boolean, range: string) => {
    if (!valid) throw new UserError(`invalid ${name}: ${value}`, { hint: range });
  };
  check('temperature', temperature, temperature > 0 && temperature < Number.POSITIVE_INFINITY, 'above 0');
  check('top-k', topK, Number.isInteger(topK) && topK >= 1, 'a whole number from 1');
  check('top-p', topP, topP > 0 && topP <= 1, 'above 0, up to 1');
  check('min-p', minP, minP >= 0 && minP <= 1, 'from 0 to 1');
}

/** The likeliest token; of equally likely ones the first. */
export function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i += 1) if (logits[i]! > logits[best]!) best = i;
  return best;
}

/** The logit of a token that has occurred (Keskar et al. 2019, section 4.1): divided by the penalty, or multiplied if negative. */
export function penalized(logit: number, penalty: number): number {
  return logit > 0 ? logit / penalty : logit * penalty;
}

/**
 * A token drawn from probabilities, which need not sum to 1, after the filters of `sampling`.
 *
 * @param at where in the distribution, uniform in [0, 1)
 */
export function draw(
  probabilities: Float32Array,
  { topK, topP = 1, minP = 0 }: Sampling,
  at: number,
): number {
  let least = 0;
  if (topK !== undefined && topK < probabilities.length) least = kthLargest(probabilities, topK);
  if (topP < 1) least = Math.max(least, nucleusLimit(probabilities, least, topP));
  if (minP > 0) least = Math.max(least, minP * probabilities[likeliest(probabilities)]!);
  const target = at * shareOf(probabilities, least);
  let sum = 0;
  for (let i = 0; i < probabilities.length; i += 1) {
    const p = probabilities[i]!;
    if (p >= least) sum += p;
    if (sum > target) return i;
  }
  // The sum of probabilities that are not numbers is above nothing.
  return likeliest(probabilities);
}

function shareOf(probabilities: Float32Array, least: number): number {
  let total = 0;
  for (let i = 0; i < probabilities.length; i += 1)
    if (probabilities[i]! >= least) total += probabilities[i]!;
  return total;
}

/** The k-th largest element, by narrowing down a copy around pivots. */
function kthLargest(values: Float32Array, k: number): number {
  let rest = values;
  let wanted = k;
  for (;;) {
    if (rest.length <= 32) return rest.slice().sort()[rest.length - wanted]!;
    const pivot = rest[rest.length >> 1]!;
    const above = rest.filter((x) => x > pivot);
    if (above.length >= wanted) {
      rest = above;
      continue;
    }
    const below = rest.filter((x) => x < pivot);
    const equal = rest.length - above.length - below.length;
    if (above.length + equal >= wanted || below.length === rest.length) return pivot;
    wanted -= above.length + equal;
    rest = below;
  }
}

/** The least probability in the smallest set of likeliest tokens, among those from `least` on, that has the share `topP`. */
function nucleusLimit(probabilities: Float32Array, least: number, topP: number): number {
  let total = 0;
  let count = 0;
  for (const p of probabilities) {
    if (p < least) continue;
    total += p;
    count += 1;
  }
  // All tokens below this together have less than 1 - topP: none of them is needed.
  const needed = Math.max(least, (total * (1 - topP)) / count);
  const candidates = probabilities.filter((p) => p >= needed).sort();
  let sum = 0;
  for (let i = candidates.length - 1; i >= 0; i -= 1) {
    sum += candidates[i]!;
    if (sum >= topP * total) return candidates[i]!;
  }
  return needed;
}
