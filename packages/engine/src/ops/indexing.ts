import type { DType } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { normalizeAxis, showShape, sizeOf } from '../graph/shape.js';
import { tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { apply, lift, type Operand, showType } from './apply.js';
import { cast, equal } from './elementwise.js';
import { foldGather } from './folding.js';
import type { Rules, SampleInput } from './rule.js';
import { expandDims, reshape } from './shape.js';
import { iota } from './sources.js';

/** A checker's input of given indices. */
export const indices = (data: number[], shape: readonly number[] = [data.length]): SampleInput => ({
  shape,
  fixed: tensor(Int32Array.from(data), shape),
});

export const indexingRules: Rules<'gather' | 'scatterAdd'> = {
  gather: {
    infer: ([x, at], { axis }) => {
      needIndices('gather', at!);
      return [
        { dtype: x!.dtype, shape: [...x!.shape.slice(0, axis), ...at!.shape, ...x!.shape.slice(axis + 1)] },
      ];
    },
    emit: (e, inputs, { attributes }) => [e.node('Gather', inputs, { axis: attributes.axis })],
    vjp: (node, [g]) => {
      const [x, at] = node.inputs as [Value, Value];
      const { axis } = node.attributes;
      if (!g) return [];
      const flat = reshape(g, [...x.shape.slice(0, axis), sizeOf(at.shape), ...x.shape.slice(axis + 1)]);
      return [scatterAdd(flat, reshape(at, [-1]), x.shape[axis]!, axis), undefined];
    },
    fold: ([x, at], { axis }, type) => foldGather(x!, at!, axis, type),
    samples: [
      { inputs: [{ shape: [4, 3] }, indices([0, 3, 3, 1])], attributes: { axis: 0 }, smooth: true },
      { inputs: [{ shape: [2, 3] }, indices([2, 0, 1, 1], [2, 2])], attributes: { axis: 1 }, smooth: true },
      { inputs: [{ shape: [2, 3] }, indices([], [0])], attributes: { axis: 0 }, smooth: true },
    ],
  },
  // The adjoint of gather: result[index[i]] += x[i] along the axis.
  scatterAdd: {
    infer: ([x, at], { axis, size }) => {
      needIndices('scatterAdd', at!);
      if (at!.rank !== 1 || at!.shape[0] !== x!.shape[axis]) {
        throw new ShapeError(
          `scatterAdd: one index for each of axis ${axis} of ${showShape(x!.shape)} is needed: ${showShape(at!.shape)}`,
        );
      }
      return [{ dtype: x!.dtype, shape: x!.shape.map((d, i) => (i === axis ? size : d)) }];
    },
    emit: (e, [x, at], { inputs, attributes: { axis, size } }) => {
      const type = inputs[0]!;
      const count = type.shape[axis]!;
      const target = type.shape.map((d, i) => (i === axis ? size : d));
      const zeros = e.node('Expand', [e.scalar(0, type), e.int64s(target)]);
      if (e.serial && axis === 0) {
        const index = e.node('Unsqueeze', [e.cast(at!, 'int64'), e.int64s([1])]);
        return [e.node('ScatterND', [zeros, index, x!], { reduction: 'add' })];
      }
      // On several threads ScatterND adds to one slot from two of them at once, and loses rows.
      const column = e.node('Reshape', [at!, e.int64s(type.shape.map((_, i) => (i === axis ? count : 1)))], {
        allowzero: 1,
      });
      const index = e.node('Expand', [column, e.int64s(type.shape)]);
      return [e.node('ScatterElements', [zeros, index, x!], { axis, reduction: 'add' })];
    },
    vjp: (node, [g]) => [g && gather(g, node.inputs[1]!, node.attributes.axis), undefined],
    samples: [
      { inputs: [{ shape: [4, 3] }, indices([1, 1, 0, 5])], attributes: { axis: 0, size: 6 }, smooth: true },
      { inputs: [{ shape: [2, 3] }, indices([1, 1, 0])], attributes: { axis: 1, size: 2 }, smooth: true },
      { inputs: [{ shape: [0, 3] }, indices([], [0])], attributes: { axis: 0, size: 2 }, smooth: true },
    ],
  },
};

export function needIndices(where: string, v: Value): void {
  if (v.dtype !== 'int32' && v.dtype !== 'int64') {
    throw new ShapeError(`${where}: indices must be int32 or int64: ${showType(v)}`);
  }
}

/**
 * Slices of `x` along an axis, picked by index.
 *
 * @param x [..., n, ...]
 * @param at integer indices of any shape, in -n..n-1
 * @returns the shape of `x` with the axis replaced by the shape of `at`
 */
export function gather(x: Operand, at: Value, axis = 0): Value {
  const v = lift('gather', x)[0]!;
  return apply('gather', [v, at], { axis: normalizeAxis(axis, v.rank, 'gather') });
}

/** Rows of a table by id: [n, width] and ids of any shape give [...ids, width]. */
export function embedding(table: Value, ids: Value): Value {
  return gather(table, ids, 0);
}

/** Sums slices of `x` into `size` slots along an axis: slot at[i] receives slice i. The adjoint of `gather`. */
export function scatterAdd(x: Value, at: Value, size: number, axis = 0): Value {
  return apply('scatterAdd', [x, at], { axis: normalizeAxis(axis, x.rank, 'scatterAdd'), size });
}

/** 1 at the index and 0 elsewhere: integer indices of any shape give [...shape, size]. */
export function oneHot(at: Value, size: number, dtype: DType = 'float32'): Value {
  needIndices('oneHot', at);
  return cast(equal(expandDims(at, -1), iota(size, at.dtype)), dtype);
}
