import { crossEntropy, type Value, where } from '@tutelage/engine';

/** Far below any score: a probability of 0. */
const excluded = -1e9;

/** Scores with those masked, which are neither answers nor wrong, at a probability of 0. */
export function without(scores: Value, masked: Value): Value {
  return where(masked, excluded, scores);
}

/**
 * Contrast of each anchor's own candidate with its wrong ones (InfoNCE, van den Oord et al. 2018), where other right candidates are left
 * out.
 *
 * @param scores divided by the temperature, [n, m]
 * @param own the candidate that answers each anchor, [n] of int32
 * @param masked candidates that are neither, [n, m] of bool
 */
export function maskedContrast(scores: Value, own: Value, masked: Value): Value {
  return crossEntropy(without(scores, masked), own);
}
