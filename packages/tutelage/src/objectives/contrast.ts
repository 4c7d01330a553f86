import {
  add,
  crossEntropy,
  equal,
  expandDims,
  iota,
  klDivergence,
  logSoftmax,
  mean,
  mul,
  neg,
  relu,
  sub,
  sum,
  type Value,
  where,
} from '@tutelage/engine';

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

/**
 * Distillation over few candidates: the mean over anchors of w KL(softmax(teacher) || softmax(student)).
 *
 * @param scores the student's, divided by its temperature, [n, k]
 * @param teacher divided by its own, [n, k]
 * @param weights of the anchors, [n]
 */
export function weightedDistillation(scores: Value, teacher: Value, weights: Value): Value {
  return mean(mul(klDivergence(logSoftmax(scores), logSoftmax(teacher), { reduction: 'none' }), weights));
}

/**
 * Contrast of the first candidate with the others, the mean over anchors of -w log softmax, taken at the first.
 *
 * @param scores divided by the temperature, [n, k]
 * @param weights of the anchors, [n]; all 1 if not given
 */
export function weightedContrast(scores: Value, weights?: Value): Value {
  return neg(weightedMean(first(logSoftmax(scores)), weights));
}

/**
 * The first candidate should lead each other by a margin: the mean over anchors of w times the sum of what is lacking.
 *
 * @param cosines [n, k]
 */
export function weightedMargins(cosines: Value, margin: number, weights?: Value): Value {
  const lacks = relu(add(sub(cosines, expandDims(first(cosines), 1)), margin));
  const isFirst = equal(iota(cosines.dim(1)), 0);
  return weightedMean(sum(where(isFirst, 0, lacks), { axes: 1 }), weights);
}

function weightedMean(losses: Value, weights?: Value): Value {
  return mean(weights ? mul(losses, weights) : losses);
}

/** The first column: [n, k] to [n]. */
function first(x: Value): Value {
  return sum(where(equal(iota(x.dim(1)), 0), x, 0), { axes: 1 });
}
