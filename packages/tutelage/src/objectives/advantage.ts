import { maximum, mul, softmax, sub, sum, type Value } from '@tutelage/engine';

/**
 * Token advantages of an aligned policy over the one it was aligned from: log p(a) - log p0(a) at each position (Gao et al. 2025, ADPA,
 * section 4). Probabilities are held above `floor`, so that tokens that neither would say do not rule the sum.
 *
 * @param aligned log-probabilities [..., vocabulary]
 * @param reference log-probabilities [..., vocabulary]
 */
export function tokenAdvantages(aligned: Value, reference: Value, floor = 1e-7): Value {
  const least = Math.log(floor);
  return sub(maximum(aligned, least), maximum(reference, least));
}

/**
 * The advantage that a student's next token has in the mean: sum_a p(a) A(a) at each position, over the whole vocabulary and not the token
 * alone that was drawn.
 *
 * @param logits of the student, [..., vocabulary]
 * @param advantages [..., vocabulary]
 * @returns [...]
 */
export function expectedAdvantage(logits: Value, advantages: Value): Value {
  return sum(mul(softmax(logits), advantages), { axes: -1 });
}
