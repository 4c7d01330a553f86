import { ShapeError } from '../graph/errors.js';
import { showShape } from '../graph/shape.js';
import { tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { apply } from './apply.js';
import { add, greaterEqual } from './elementwise.js';
import type { Rules } from './rule.js';
import { expandDims } from './shape.js';
import { iota } from './sources.js';

export const triangularRules: Rules<'trilu'> = {
  trilu: {
    infer: ([x]) => {
      if (x!.rank < 2) throw new ShapeError(`trilu: matrices are needed: ${showShape(x!.shape)}`);
      return [x!];
    },
    emit: (e, [x], { attributes: { upper, diagonal } }) => [
      e.node('Trilu', [x!, e.constant(tensor(BigInt64Array.of(BigInt(diagonal)), []))], {
        upper: upper ? 1 : 0,
      }),
    ],
    vjp: (node, [g]) => [g && apply('trilu', [g], node.attributes)],
    samples: [
      { inputs: [{ shape: [3, 4] }], attributes: { upper: false, diagonal: 0 }, smooth: true },
      { inputs: [{ shape: [2, 3, 3] }], attributes: { upper: true, diagonal: 1 }, smooth: true },
      { inputs: [{ shape: [4, 2] }], attributes: { upper: true, diagonal: -1 }, smooth: true },
    ],
  },
};

/** Matrices with zeros above a diagonal, which is counted upwards from the main one. */
export function tril(x: Value, diagonal = 0): Value {
  return apply('trilu', [x], { upper: false, diagonal });
}

/** Matrices with zeros below a diagonal, which is counted upwards from the main one. */
export function triu(x: Value, diagonal = 0): Value {
  return apply('trilu', [x], { upper: true, diagonal });
}

/**
 * [queries, keys] of bool: whether a query may look at a key, which is no later than itself. With more keys than queries,
 * the queries are the last positions.
 */
export function causalMask(queries: number, keys = queries): Value {
  return greaterEqual(expandDims(add(iota(queries), keys - queries), 1), iota(keys));
}
