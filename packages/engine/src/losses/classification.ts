import { isFloat } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { sameShape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { gatherElements } from '../ops/elements.js';
import { add, cast, equal, mul, neg, not, softplus, sub, where } from '../ops/elementwise.js';
import { mean, sum } from '../ops/reduce.js';
import { expandDims, squeeze } from '../ops/shape.js';
import { logSoftmax, softmaxCrossEntropy } from '../ops/softmax.js';
import { type LossOptions, reduceLosses } from './reduction.js';

export interface CrossEntropyOptions extends LossOptions {
  /** Share of the target that is spread evenly over the classes, in 0..1 (Szegedy et al. 2015, section 7). */
  readonly labelSmoothing?: number;
  /** Rows with this label count for nothing. Only with integer labels. */
  readonly ignoreIndex?: number;
}

/**
 * Cross-entropy of softmax(logits) against a target: -sum_c t_c log softmax(logits)_c.
 *
 * @param logits [..., classes]
 * @param target [...] integer labels in 0..classes-1, or [..., classes] probabilities
 * @returns a scalar, or [...] with reduction `none`; the mean is over the rows that are not ignored
 */
export function crossEntropy(logits: Value, target: Value, options: CrossEntropyOptions = {}): Value {
  const { labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ShapeError(`crossEntropy: label smoothing must be in 0..1: ${labelSmoothing}`);
  }
  return isFloat(target.dtype)
    ? againstProbabilities(logits, target, options)
    : againstLabels(logits, target, options);
}

function againstLabels(logits: Value, labels: Value, options: CrossEntropyOptions): Value {
  const { labelSmoothing = 0, ignoreIndex, weights } = options;
  const ignored = ignoreIndex === undefined ? undefined : equal(labels, ignoreIndex);
  const safe = ignored ? where(ignored, 0, labels) : labels;
  let { loss } = softmaxCrossEntropy(logits, safe);
  if (labelSmoothing > 0) {
    // -mean_c log p_c = -log p_label + x_label - mean_c x_c, which needs no gradient through the logarithms again.
    const own = squeeze(gatherElements(logits, expandDims(safe, -1)), -1);
    loss = add(loss, mul(sub(own, mean(logits, { axes: -1 })), labelSmoothing));
  }
  if (!ignored) return reduceLosses(loss, options);
  const counted = cast(not(ignored), logits.dtype);
  // Selected, not multiplied: the loss of an ignored row may be infinite.
  const kept = where(ignored, 0, loss);
  return reduceLosses(kept, { ...options, weights: weights ? mul(weights, counted) : counted });
}

function againstProbabilities(logits: Value, target: Value, options: CrossEntropyOptions): Value {
  const { labelSmoothing = 0, ignoreIndex } = options;
  if (!sameShape(target.shape, logits.shape)) {
    throw new ShapeError(
      `crossEntropy: probabilities must have the shape of the logits: ${showShape(target.shape)} and ${showShape(logits.shape)}`,
    );
  }
  if (ignoreIndex !== undefined) {
    throw new ShapeError('crossEntropy: ignoreIndex is for integer labels: use weights');
  }
  const smoothed =
    labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / logits.dim(-1));
  return reduceLosses(neg(sum(mul(smoothed, logSoftmax(logits)), { axes: -1 })), options);
}

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** Factor on the term of the positive class, broadcasting against the logits. */
  readonly positiveWeight?: number | Value;
}

/**
 * Binary cross-entropy of sigmoid(logits): -w t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), with w the positive weight.
 *
 * @param logits any shape
 * @param target the same shape, in 0..1
 */
export function binaryCrossEntropyWithLogits(
  logits: Value,
  target: Value,
  options: BinaryCrossEntropyOptions = {},
): Value {
  const { positiveWeight } = options;
  if (positiveWeight === undefined) {
    return reduceLosses(sub(softplus(logits), mul(logits, target)), options);
  }
  const surplus = typeof positiveWeight === 'number' ? positiveWeight - 1 : sub(positiveWeight, 1);
  const factor = add(mul(target, surplus), 1);
  const negative = mul(sub(1, target), logits);
  return reduceLosses(add(negative, mul(factor, softplus(neg(logits)))), options);
}
