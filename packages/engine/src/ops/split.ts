import { ShapeError } from '../graph/errors.js';
import { normalizeAxis, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { applyAll, constant } from './apply.js';
import type { Rules } from './rule.js';
import { broadcastTo, concat } from './shape.js';

export const splitRules: Rules<'split'> = {
  // An operator of its own, because the gradient of many slices would be as many padded copies of the whole.
  split: {
    infer: ([x], { axis, sizes }) =>
      sizes.map((n) => ({ dtype: x!.dtype, shape: x!.shape.map((d, i) => (i === axis ? n : d)) })),
    emit: (e, [x], { attributes: { axis, sizes } }) =>
      e.nodeWithOutputs('Split', [x!, e.int64s(sizes)], sizes.length, { axis }),
    vjp: (node, cotangents) => {
      const whole = node.outputs.map((y, i) => cotangents[i] ?? broadcastTo(constant(0, y.dtype), y.shape));
      return [concat(whole, node.attributes.axis)];
    },
    samples: [
      { inputs: [{ shape: [2, 5] }], attributes: { axis: 1, sizes: [2, 3] }, smooth: true },
      { inputs: [{ shape: [3, 2] }], attributes: { axis: 0, sizes: [1, 0, 2] }, smooth: true },
    ],
  },
};

/** Consecutive pieces along an axis: a number of equal ones, or their sizes. */
export function split(x: Value, pieces: number | readonly number[], axis: number): readonly Value[] {
  const own = normalizeAxis(axis, x.rank, 'split');
  const size = x.shape[own]!;
  const sizes = typeof pieces === 'number' ? new Array<number>(pieces).fill(size / pieces) : pieces;
  if (sizes.some((n) => !Number.isInteger(n)) || sizes.reduce((a, b) => a + b, 0) !== size) {
    throw new ShapeError(
      `split: axis ${own} of ${showShape(x.shape)} does not divide into ${JSON.stringify(pieces)}`,
    );
  }
  return sizes.length === 1 ? [x] : applyAll('split', [x], { axis: own, sizes });
}
