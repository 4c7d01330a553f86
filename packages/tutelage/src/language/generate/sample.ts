import { random } from '@tutelage/engine';
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

/**
 * Makes tokens that have occurred less likely (Keskar et al. 2019, section 4.1): positive logits are divided by the penalty,
 * negative ones multiplied. Changes `logits`.
 */
export function penalize(logits: Float32Array, seen: Iterable<number>, penalty: number): void {
  for (const token of seen) {
    const logit = logits[token]!;
    logits[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/** Draws tokens for logits of one size, with memory of its own. */
export class Sampler {
  readonly #scores: Float32Array;
  readonly #noise: Float32Array;

  constructor(
    vocabulary: number,
    readonly sampling: Sampling,
  ) {
    checkSampling(sampling);
    this.#scores = new Float32Array(vocabulary);
    this.#noise = new Float32Array(vocabulary);
  }

  /**
   * A token with the probability that the filters leave it, by the Gumbel-max trick: the largest of the scores with
   * independent Gumbel numbers added.
   */
  draw(logits: Float32Array, key: random.Key): number {
    const { temperature = 1, topK, topP = 1, minP = 0 } = this.sampling;
    const scores = this.#scores;
    const inverse = 1 / temperature;
    for (let i = 0; i < scores.length; i += 1) scores[i] = logits[i]! * inverse;
    let lowest = Number.NEGATIVE_INFINITY;
    if (topK !== undefined && topK < scores.length) lowest = kthLargest(scores, topK);
    if (topP < 1) lowest = Math.max(lowest, nucleusLimit(scores, lowest, topP));
    if (minP > 0) lowest = Math.max(lowest, scores[likeliest(scores)]! + Math.log(minP));
    random.fillGumbel(this.#noise, key);
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < scores.length; i += 1) {
      const score = scores[i]!;
      if (score < lowest) continue;
      const value = score + this.#noise[i]!;
      if (value > highest) {
        highest = value;
        best = i;
      }
    }
    // Nothing is larger than a score that is not a number.
    return best < 0 ? likeliest(logits) : best;
  }
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

/** The least score in the smallest set of likeliest tokens, among those from `lowest` on, that has the share `topP`. */
function nucleusLimit(scores: Float32Array, lowest: number, topP: number): number {
  const top = scores[likeliest(scores)]!;
  let sum = 0;
  let count = 0;
  for (const score of scores) {
    if (score < lowest) continue;
    sum += Math.exp(score - top);
    count += 1;
  }
  // All tokens below this share together have less than 1 - topP: none of them is needed.
  const needed = Math.max(lowest, top + Math.log((sum * (1 - topP)) / count));
  const candidates = scores.filter((score) => score >= needed).sort();
  let mass = 0;
  for (let i = candidates.length - 1; i >= 0; i -= 1) {
    mass += Math.exp(candidates[i]! - top) / sum;
    if (mass >= topP) return candidates[i]!;
  }
  return needed;
}
