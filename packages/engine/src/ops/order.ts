import { ShapeError } from '../graph/errors.js';
import { normalizeAxis, showShape } from '../graph/shape.js';
import { tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { apply, applyAll } from './apply.js';
import { scatterElements } from './elements.js';
import type { Rule, Rules } from './rule.js';
import { squeeze, zerosLike } from './shape.js';

type Order = 'argMax' | 'argMin' | 'topK';

function extremeIndex<O extends 'argMax' | 'argMin'>(op: O, onnx: string): Rule<O> {
  return {
    infer: ([x], { axis }) => {
      if (x!.shape[axis] === 0) {
        throw new ShapeError(`${op}: an empty axis has no such element: ${showShape(x!.shape)}`);
      }
      return [{ dtype: 'int32', shape: x!.shape.map((d, i) => (i === axis ? 1 : d)) }];
    },
    emit: (e, inputs, { attributes }) => [
      e.cast(e.node(onnx, inputs, { axis: attributes.axis, keepdims: 1 }), 'int32'),
    ],
    vjp: null,
    samples: [
      { inputs: [{ shape: [2, 4] }], attributes: { axis: 1 } },
      { inputs: [{ shape: [3, 2] }], attributes: { axis: 0 } },
      { inputs: [{ shape: [3], fixed: tensor(Int32Array.of(2, 5, 5)) }], attributes: { axis: 0 } },
    ],
  };
}

export const orderRules: Rules<Order> = {
  argMax: extremeIndex('argMax', 'ArgMax'),
  argMin: extremeIndex('argMin', 'ArgMin'),
  topK: {
    infer: ([x], { axis, k }) => {
      if (!Number.isInteger(k) || k < 0 || k > x!.shape[axis]!) {
        throw new ShapeError(`topK: k must be an integer from 0 to the size of axis ${axis}: ${k}`);
      }
      const shape = x!.shape.map((d, i) => (i === axis ? k : d));
      return [
        { dtype: x!.dtype, shape },
        { dtype: 'int32', shape },
      ];
    },
    emit: (e, [x], { attributes: { axis, k, largest } }) => {
      const attributes = { axis, largest: largest ? 1 : 0, sorted: 1 };
      const [values, at] = e.nodeWithOutputs('TopK', [x!, e.int64s([k])], 2, attributes);
      return [values!, e.cast(at!, 'int32')];
    },
    vjp: (node, [g]) => {
      const x = node.inputs[0]!;
      return [g && scatterElements(zerosLike(x), node.outputs[1]!, g, node.attributes.axis)];
    },
    samples: [
      { inputs: [{ shape: [2, 5] }], attributes: { axis: 1, k: 3, largest: true }, smooth: true },
      { inputs: [{ shape: [4, 2] }], attributes: { axis: 0, k: 4, largest: false }, smooth: true },
    ],
  },
};

export interface ArgOptions {
  /** The axis stays with size 1. */
  readonly keepDims?: boolean;
}

function extreme(op: 'argMax' | 'argMin'): (x: Value, axis?: number, options?: ArgOptions) => Value {
  return (x, axis = -1, { keepDims = false } = {}) => {
    const own = normalizeAxis(axis, x.rank, op);
    const at = apply(op, [x], { axis: own });
    return keepDims ? at : squeeze(at, own);
  };
}

/** Index of the largest element along an axis, the first of equal ones, as int32. */
export const argMax = extreme('argMax');
/** Index of the smallest element along an axis, the first of equal ones, as int32. */
export const argMin = extreme('argMin');

export interface TopKOptions {
  /** Defaults to the last. */
  readonly axis?: number;
  /** False for the smallest elements. */
  readonly largest?: boolean;
}

/**
 * The `k` largest (or smallest) elements along an axis in their order, and where they are (int32). Of equal elements the
 * first comes first. Values have a gradient; indices have none.
 */
export function topK(
  x: Value,
  k: number,
  { axis = -1, largest = true }: TopKOptions = {},
): { values: Value; indices: Value } {
  const own = normalizeAxis(axis, x.rank, 'topK');
  const [values, indices] = applyAll('topK', [x], { axis: own, k, largest }) as [Value, Value];
  return { values, indices };
}

export interface SortOptions {
  /** Defaults to the last. */
  readonly axis?: number;
  /** Largest first. */
  readonly descending?: boolean;
}

/** Elements in ascending order along an axis. */
export function sort(x: Value, { axis = -1, descending = false }: SortOptions = {}): Value {
  return topK(x, x.dim(axis), { axis, largest: descending }).values;
}

/** Indices that sort along an axis, as int32. */
export function argSort(x: Value, { axis = -1, descending = false }: SortOptions = {}): Value {
  return topK(x, x.dim(axis), { axis, largest: descending }).indices;
}
