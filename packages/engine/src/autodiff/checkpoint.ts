import type { Value } from '../graph/value.js';
import { apply } from '../ops/apply.js';
import { leaf } from '../ops/sources.js';

/**
 * The value of a function, of which nothing is kept for its gradient: what the gradient needs is computed again from `x`, which costs time and
 * saves memory (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"). Gradients are the same, also of what `fn` uses beside `x`.
 *
 * @param fn makes its value from `x` and other values that do not depend on it
 */
export function checkpoint(fn: (x: Value) => Value, x: Value): Value {
  const own = leaf(x);
  return apply('checkpoint', [fn(own), own], {});
}
