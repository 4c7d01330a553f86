import { ShapeError } from '../graph/errors.js';
import { broadcastShapes, normalizeAxis, type Shape, sameShape, showShape, sizeOf } from '../graph/shape.js';
import { tensor, zerosTensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { apply, constant, isOp, lift, type Operand, showType } from './apply.js';
import { foldConcat, foldSlice, foldTranspose } from './folding.js';
import { sumTo } from './reduce.js';
import type { Rules } from './rule.js';

type ShapeOp = 'reshape' | 'transpose' | 'broadcastTo' | 'slice' | 'concat' | 'pad';

export const shapeRules: Rules<ShapeOp> = {
  reshape: {
    infer: ([x], { shape }) => {
      if (sizeOf(shape) !== sizeOf(x!.shape) || shape.some((d) => !Number.isInteger(d) || d < 0)) {
        throw new ShapeError(
          `reshape: ${showShape(x!.shape)} does not have the elements of ${showShape(shape)}`,
        );
      }
      return [{ dtype: x!.dtype, shape }];
    },
    emit: (e, [x], { attributes }) => [e.node('Reshape', [x!, e.int64s(attributes.shape)], { allowzero: 1 })],
    vjp: (node, [g]) => [g && reshape(g, node.inputs[0]!.shape)],
    simplify: ([x], { shape }) => {
      if (sameShape(x!.shape, shape)) return x;
      if (isOp(x!.node, 'reshape')) return reshape(x!.node.inputs[0]!, shape);
      // One number repeated stays recognizable as such.
      const repeated = isOp(x!.node, 'broadcastTo') ? x!.node.inputs[0]! : undefined;
      return repeated && sizeOf(repeated.shape) === 1 ? broadcastTo(reshape(repeated, []), shape) : undefined;
    },
    fold: ([x]) => x!.data,
    samples: [
      { inputs: [{ shape: [2, 6] }], attributes: { shape: [3, 4] }, smooth: true },
      { inputs: [{ shape: [0, 3] }], attributes: { shape: [3, 0, 2] }, smooth: true },
      { inputs: [{ shape: [1] }], attributes: { shape: [] }, smooth: true },
    ],
  },
  transpose: {
    infer: ([x], { permutation }) => {
      const axes = [...permutation].sort((a, b) => a - b);
      if (axes.length !== x!.rank || axes.some((a, i) => a !== i)) {
        throw new ShapeError(
          `transpose: [${permutation.join(', ')}] does not permute ${showShape(x!.shape)}`,
        );
      }
      return [{ dtype: x!.dtype, shape: permutation.map((a) => x!.shape[a]!) }];
    },
    emit: (e, inputs, { attributes }) => [e.node('Transpose', inputs, { perm: attributes.permutation })],
    vjp: (node, [g]) => {
      const { permutation } = node.attributes;
      return [
        g &&
          transpose(
            g,
            permutation.map((_, i) => permutation.indexOf(i)),
          ),
      ];
    },
    simplify: ([x], { permutation }) => {
      if (permutation.every((a, i) => a === i)) return x;
      // Moving only axes of size 1 leaves the elements where they are.
      const moving = permutation.filter((a) => x!.shape[a] !== 1);
      if (moving.every((a, i) => i === 0 || a > moving[i - 1]!))
        return reshape(
          x!,
          permutation.map((a) => x!.shape[a]!),
        );
      if (!isOp(x!.node, 'transpose')) return undefined;
      const inner = x!.node.attributes.permutation;
      return transpose(
        x!.node.inputs[0]!,
        permutation.map((a) => inner[a]!),
      );
    },
    fold: ([x], { permutation }, type) => foldTranspose(x!, permutation, type),
    samples: [
      { inputs: [{ shape: [2, 3, 4] }], attributes: { permutation: [2, 0, 1] }, smooth: true },
      { inputs: [{ shape: [3, 1] }], attributes: { permutation: [1, 0] }, smooth: true },
      { inputs: [{ shape: [0, 2] }], attributes: { permutation: [1, 0] }, smooth: true },
    ],
  },
  broadcastTo: {
    infer: ([x], { shape }) => {
      if (!sameShape(broadcastShapes('broadcastTo', x!.shape, shape), shape)) {
        throw new ShapeError(`broadcastTo: ${showShape(x!.shape)} does not broadcast to ${showShape(shape)}`);
      }
      return [{ dtype: x!.dtype, shape }];
    },
    emit: (e, [x], { inputs, attributes: { shape } }) => [
      // The runtime's Expand does not shrink an axis of size 1 to nothing.
      sizeOf(shape) === 0
        ? e.constant(zerosTensor(shape, inputs[0]!.dtype))
        : e.node('Expand', [x!, e.int64s(shape)]),
    ],
    vjp: (node, [g]) => [g && sumTo(g, node.inputs[0]!.shape)],
    simplify: ([x], { shape }) => {
      if (sameShape(x!.shape, shape)) return x;
      return isOp(x!.node, 'broadcastTo') ? broadcastTo(x!.node.inputs[0]!, shape) : undefined;
    },
    samples: [
      { inputs: [{ shape: [3, 1] }], attributes: { shape: [2, 3, 4] }, smooth: true },
      { inputs: [{ shape: [] }], attributes: { shape: [2, 0] }, smooth: true },
      { inputs: [{ shape: [1, 2] }], attributes: { shape: [0, 2] }, smooth: true },
    ],
  },
  slice: {
    infer: ([x], { starts, ends, axes, steps }) => {
      const shape = [...x!.shape];
      axes.forEach((axis, i) => {
        const [start, end, step] = [starts[i]!, ends[i]!, steps[i]!];
        shape[axis] = Math.max(0, Math.ceil((end - start) / step));
      });
      return [{ dtype: x!.dtype, shape }];
    },
    emit: (e, [x], { attributes: { starts, ends, axes, steps } }) => {
      // An end before the first element, which a backward slice may have, is written as the smallest number.
      const onnxEnds = ends.map((end) => (end < 0 ? Number.MIN_SAFE_INTEGER : end));
      return [e.node('Slice', [x!, e.int64s(starts), e.int64s(onnxEnds), e.int64s(axes), e.int64s(steps)])];
    },
    vjp: (node, [g]) => {
      const x = node.inputs[0]!;
      return [g && unslice(g, x.shape, node.attributes)];
    },
    simplify: ([x], { starts, ends, axes, steps }) =>
      axes.every((axis, i) => starts[i] === 0 && ends[i] === x!.shape[axis] && steps[i] === 1)
        ? x
        : undefined,
    fold: ([x], attributes, type) => foldSlice(x!, attributes, type),
    samples: [
      {
        inputs: [{ shape: [4, 5] }],
        attributes: { starts: [1], ends: [4], axes: [1], steps: [2] },
        smooth: true,
      },
      {
        inputs: [{ shape: [4, 3] }],
        attributes: { starts: [3, 0], ends: [-1, 2], axes: [0, 1], steps: [-1, 1] },
        smooth: true,
      },
      {
        inputs: [{ shape: [3, 2] }],
        attributes: { starts: [2], ends: [2], axes: [0], steps: [1] },
        smooth: true,
      },
    ],
  },
  concat: {
    infer: (inputs, { axis }) => {
      const first = inputs[0]!;
      for (const v of inputs) {
        if (
          v.rank !== first.rank ||
          v.dtype !== first.dtype ||
          v.shape.some((d, i) => i !== axis && d !== first.shape[i])
        ) {
          throw new ShapeError(
            `concat along axis ${axis}: operands differ: ${inputs.map(showType).join(' and ')}`,
          );
        }
      }
      const total = inputs.reduce((n, v) => n + v.shape[axis]!, 0);
      return [{ dtype: first.dtype, shape: first.shape.map((d, i) => (i === axis ? total : d)) }];
    },
    emit: (e, inputs, { attributes }) => [e.node('Concat', inputs, { axis: attributes.axis })],
    vjp: (node, [g], needs) => {
      const { axis } = node.attributes;
      let start = 0;
      return node.inputs.map((v, i) => {
        const from = start;
        start += v.shape[axis]!;
        return g && needs[i] ? slice(g, { axis, start: from, end: start }) : undefined;
      });
    },
    simplify: (inputs) => (inputs.length === 1 ? inputs[0] : undefined),
    fold: (inputs, { axis }, type) => foldConcat(inputs, axis, type),
    samples: [
      {
        inputs: [{ shape: [2, 1] }, { shape: [2, 3] }, { shape: [2, 0] }],
        attributes: { axis: 1 },
        smooth: true,
      },
      { inputs: [{ shape: [1] }, { shape: [2] }], attributes: { axis: 0 }, smooth: true },
    ],
  },
  pad: {
    infer: ([x], { before, after }) => [
      { dtype: x!.dtype, shape: x!.shape.map((d, i) => before[i]! + d + after[i]!) },
    ],
    emit: (e, [x], { inputs, attributes: { before, after, value } }) => [
      e.node('Pad', [x!, e.int64s([...before, ...after]), e.scalar(value, inputs[0]!)]),
    ],
    vjp: (node, [g]) => {
      const { before } = node.attributes;
      if (!g) return [undefined];
      const x = node.inputs[0]!;
      return [before.reduce((v, b, axis) => slice(v, { axis, start: b, end: b + x.shape[axis]! }), g)];
    },
    simplify: ([x], { before, after }) => ([...before, ...after].every((n) => n === 0) ? x : undefined),
    samples: [
      {
        inputs: [{ shape: [2, 3] }],
        attributes: { before: [1, 0], after: [0, 2], value: 0.5 },
        smooth: true,
      },
      { inputs: [{ shape: [0, 1] }], attributes: { before: [1, 0], after: [1, 0], value: 0 }, smooth: true },
      {
        inputs: [{ shape: [2], fixed: tensor(Int32Array.of(3, 4)) }],
        attributes: { before: [1], after: [1], value: 7 },
      },
    ],
  },
};

/** The cotangent of a slice put back in place among zeros. */
function unslice(
  g: Value,
  shape: Shape,
  s: {
    starts: readonly number[];
    ends: readonly number[];
    axes: readonly number[];
    steps: readonly number[];
  },
): Value {
  let v = g;
  s.axes.forEach((axis, i) => {
    const [step, size, taken] = [s.steps[i]!, shape[axis]!, g.shape[axis]!];
    if (step < 0) v = slice(v, { axis, start: taken - 1, end: -1, step: -1 });
    const stride = Math.abs(step);
    if (stride > 1) v = dilate(v, axis, stride);
    const covered = v.shape[axis]!;
    const first = step > 0 ? s.starts[i]! : s.starts[i]! + step * (taken - 1);
    const widths = (n: number) => shape.map((_, a) => (a === axis ? n : 0));
    v = pad(v, widths(taken === 0 ? 0 : first), widths(taken === 0 ? size : size - first - covered));
  });
  return v;
}

/** Puts `stride - 1` zeros between neighbours along an axis. */
export function dilate(x: Value, axis: number, stride: number): Value {
  const size = x.shape[axis]!;
  if (stride === 1 || size <= 1) return x;
  const spread = reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
  const after = spread.shape.map((_, a) => (a === axis + 1 ? stride - 1 : 0));
  const filled = pad(
    spread,
    after.map(() => 0),
    after,
  );
  const joined = reshape(
    filled,
    x.shape.map((d, a) => (a === axis ? d * stride : d)),
  );
  return slice(joined, { axis, start: 0, end: (size - 1) * stride + 1 });
}

/** The same elements in another shape; one dimension may be -1 and is then inferred. */
export function reshape(operand: Operand, shape: Shape): Value {
  const x = lift('reshape', operand)[0]!;
  const open = shape.indexOf(-1);
  if (shape.some((d, i) => !Number.isInteger(d) || (d < 0 && i !== open))) {
    throw new ShapeError(`reshape: sizes must be integers from 0, with at most one -1: ${showShape(shape)}`);
  }
  if (open < 0) return apply('reshape', [x], { shape });
  const rest = -sizeOf(shape);
  const inferred = rest === 0 ? 0 : sizeOf(x.shape) / rest;
  if (!Number.isInteger(inferred)) {
    throw new ShapeError(`reshape: ${showShape(x.shape)} does not divide into ${showShape(shape)}`);
  }
  return apply('reshape', [x], { shape: shape.map((d, i) => (i === open ? inferred : d)) });
}

/** Axes in another order; reversed when none is given. */
export function transpose(x: Value, permutation?: readonly number[]): Value {
  const given = permutation ?? x.shape.map((_, i) => x.rank - 1 - i);
  return apply('transpose', [x], { permutation: given.map((a) => normalizeAxis(a, x.rank, 'transpose')) });
}

/** Two axes exchanged. */
export function swapAxes(x: Value, a: number, b: number): Value {
  const [i, j] = [normalizeAxis(a, x.rank, 'swapAxes'), normalizeAxis(b, x.rank, 'swapAxes')];
  return transpose(
    x,
    x.shape.map((_, k) => (k === i ? j : k === j ? i : k)),
  );
}

/** Repeats along axes of size 1 until the shape is reached. */
export function broadcastTo(operand: Operand, shape: Shape): Value {
  return apply('broadcastTo', lift('broadcastTo', operand), { shape });
}

/** Zeros of a value's type. */
export function zerosLike(x: Value): Value {
  return broadcastTo(constant(0, x.dtype), x.shape);
}

export interface SliceOptions {
  readonly axis: number;
  /** First index; negative counts from the end. */
  readonly start?: number;
  /** Index behind the last; negative counts from the end. For a backward slice, -1 stands for "before the first". */
  readonly end?: number;
  readonly step?: number;
}

/** Every `step`-th element from `start` to before `end` along one axis. */
export function slice(x: Value, { axis, start, end, step = 1 }: SliceOptions): Value {
  const own = normalizeAxis(axis, x.rank, 'slice');
  const size = x.shape[own]!;
  if (!Number.isInteger(step) || step === 0)
    throw new ShapeError(`slice: the step must be a non-zero integer: ${step}`);
  const wrap = (i: number) => (i < 0 ? i + size : i);
  const [first, last] =
    step > 0
      ? [Math.min(Math.max(wrap(start ?? 0), 0), size), Math.min(Math.max(wrap(end ?? size), 0), size)]
      : [Math.min(wrap(start ?? size - 1), size - 1), end === undefined || end === -1 ? -1 : wrap(end)];
  return apply('slice', [x], { starts: [first], ends: [last], axes: [own], steps: [step] });
}

/** Operands one after the other along an existing axis. */
export function concat(operands: readonly Operand[], axis: number): Value {
  const values = lift('concat', ...operands);
  if (values.length === 0) throw new ShapeError('concat: at least one operand is needed');
  return apply('concat', values, { axis: normalizeAxis(axis, values[0]!.rank, 'concat') });
}

/** Operands of one shape as slices of a new axis. */
export function stack(operands: readonly Value[], axis = 0): Value {
  const rank = (operands[0]?.rank ?? 0) + 1;
  const at = normalizeAxis(axis, rank, 'stack');
  return concat(
    operands.map((v) => expandDims(v, at)),
    at,
  );
}

/** A constant border; widths before and after each axis. */
export function pad(x: Value, before: readonly number[], after: readonly number[], value = 0): Value {
  if (before.length !== x.rank || after.length !== x.rank || [...before, ...after].some((n) => n < 0)) {
    throw new ShapeError(
      `pad: one non-negative width an axis is needed before and after: ${showShape(x.shape)}`,
    );
  }
  return apply('pad', [x], { before, after, value });
}

/** A new axis of size 1; a negative position counts from the end of the result. */
export function expandDims(x: Value, axis: number): Value {
  const at = normalizeAxis(axis, x.rank + 1, 'expandDims');
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Without axes of size 1: the given ones, or all. */
export function squeeze(x: Value, axes?: number | readonly number[]): Value {
  const drop =
    axes === undefined
      ? x.shape.flatMap((d, i) => (d === 1 ? [i] : []))
      : (typeof axes === 'number' ? [axes] : axes).map((a) => normalizeAxis(a, x.rank, 'squeeze'));
  for (const a of drop) {
    if (x.shape[a] !== 1) throw new ShapeError(`squeeze: axis ${a} has not size 1: ${showShape(x.shape)}`);
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !drop.includes(i)),
  );
}

/** The whole value repeated a number of times along each axis. */
export function tile(x: Value, repeats: readonly number[]): Value {
  if (repeats.length !== x.rank)
    throw new ShapeError(`tile: one number of repeats an axis is needed: ${showShape(x.shape)}`);
  const spread = reshape(
    x,
    x.shape.flatMap((d) => [1, d]),
  );
  const repeated = broadcastTo(
    spread,
    x.shape.flatMap((d, i) => [repeats[i]!, d]),
  );
  return reshape(
    repeated,
    x.shape.map((d, i) => d * repeats[i]!),
  );
}
