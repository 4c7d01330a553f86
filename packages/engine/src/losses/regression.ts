import { ShapeError } from '../graph/errors.js';
import type { Value } from '../graph/value.js';
import { mul, sub } from '../ops/elementwise.js';
import { clip } from '../ops/scalar-functions.js';
import { type LossOptions, reduceLosses } from './reduction.js';

/** Squared error (x - y)^2 of each element; the mean is over elements. Shapes broadcast. */
export function mse(prediction: Value, target: Value, options: LossOptions = {}): Value {
  const error = sub(prediction, target);
  return reduceLosses(mul(error, error), options);
}

/**
 * Huber's loss of each element: e^2 / 2 for errors |e| up to `delta`, delta (|e| - delta / 2) beyond (Huber 1964). The mean is
 * over elements. Shapes broadcast.
 */
export function huber(
  prediction: Value,
  target: Value,
  { delta = 1, ...options }: LossOptions & { readonly delta?: number } = {},
): Value {
  if (!(delta > 0)) throw new ShapeError(`huber: delta must be positive: ${delta}`);
  const error = sub(prediction, target);
  // With c the error cut off at delta, both branches are c (e - c / 2).
  const cut = clip(error, -delta, delta);
  return reduceLosses(mul(cut, sub(error, mul(cut, 0.5))), options);
}
