import { arrayTypes, type TypedArray } from '../graph/dtype.js';
import { type Shape, sizeOf, stridesOf } from '../graph/shape.js';
import { convert, type Tensor } from '../graph/tensor.js';
import type { Type } from '../graph/value.js';
import { broadcastIndex } from './elementwise.js';

/*
 * What `fold` of the operators on shapes and indices computes. Elements are moved as they are, so that 64-bit integers stay exact.
 */

/** Elements of `x` at computed places. */
function picked(x: Tensor, size: number, at: (i: number) => number): TypedArray {
  const out = new arrayTypes[x.dtype](size) as Float32Array;
  const data = x.data as Float32Array;
  for (let i = 0; i < size; i++) out[i] = data[at(i)]!;
  return out;
}

/** Position along each axis from a flat index. */
function position(i: number, shape: Shape, strides: readonly number[]): number[] {
  return shape.map((d, axis) => Math.floor(i / strides[axis]!) % d);
}

export function foldBroadcast(x: Tensor, shape: Shape): TypedArray {
  return picked(x, sizeOf(shape), broadcastIndex(x.shape, shape));
}

export function foldTranspose(x: Tensor, permutation: readonly number[], type: Type): TypedArray {
  const [from, to] = [stridesOf(x.shape), stridesOf(type.shape)];
  return picked(x, sizeOf(type.shape), (i) =>
    position(i, type.shape, to).reduce((at, p, axis) => at + p * from[permutation[axis]!]!, 0),
  );
}

export function foldSlice(
  x: Tensor,
  s: {
    readonly starts: readonly number[];
    readonly axes: readonly number[];
    readonly steps: readonly number[];
  },
  type: Type,
): TypedArray {
  const [from, to] = [stridesOf(x.shape), stridesOf(type.shape)];
  const starts = x.shape.map((_, axis) => s.starts[s.axes.indexOf(axis)] ?? 0);
  const steps = x.shape.map((_, axis) => s.steps[s.axes.indexOf(axis)] ?? 1);
  return picked(x, sizeOf(type.shape), (i) =>
    position(i, type.shape, to).reduce(
      (at, p, axis) => at + (starts[axis]! + p * steps[axis]!) * from[axis]!,
      0,
    ),
  );
}

export function foldConcat(inputs: readonly Tensor[], axis: number, type: Type): TypedArray {
  const out = new arrayTypes[type.dtype](sizeOf(type.shape)) as Float32Array;
  const rows = sizeOf(type.shape.slice(0, axis));
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const { data, shape } of inputs) {
      const width = sizeOf(shape.slice(axis));
      out.set((data as Float32Array).subarray(row * width, (row + 1) * width), at);
      at += width;
    }
  }
  return out;
}

/** Undefined when an index is out of range, which the runtime then reports. */
export function foldGather(x: Tensor, at: Tensor, axis: number, type: Type): TypedArray | undefined {
  const size = x.shape[axis]!;
  const indices = Array.from(at.data as ArrayLike<number | bigint>, Number).map((i) =>
    i < 0 ? i + size : i,
  );
  if (indices.some((i) => i < 0 || i >= size)) return undefined;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const row = inner * indices.length;
  return picked(x, sizeOf(type.shape), (i) => {
    const [outer, k] = [Math.floor(i / row), Math.floor(i / inner) % indices.length];
    return (outer * size + indices[k]!) * inner + (i % inner);
  });
}

export function foldWhere(condition: Tensor, a: Tensor, b: Tensor, { shape }: Type): TypedArray {
  const holds = broadcastIndex(condition.shape, shape);
  const [ia, ib] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
  const yes = picked(a, sizeOf(shape), ia) as Float32Array;
  const no = picked(b, sizeOf(shape), ib) as Float32Array;
  return yes.map((v, i) => (condition.data[holds(i)] ? v : no[i]!));
}

/** Tensors up to this size are reduced while tracing. */
const largestReduced = 4096;

export function foldReduction(
  x: Tensor,
  axes: readonly number[],
  type: Type,
  start: number,
  combine: (a: number, b: number) => number,
): TypedArray | undefined {
  if (x.data.length > largestReduced) return undefined;
  const from = stridesOf(x.shape);
  const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const keptShape = kept.map((axis) => x.shape[axis]!);
  const to = stridesOf(keptShape);
  const totals = new Array<number>(sizeOf(keptShape)).fill(start);
  for (let i = 0; i < x.data.length; i++) {
    const at = position(i, x.shape, from);
    const slot = kept.reduce((n, axis, k) => n + at[axis]! * to[k]!, 0);
    totals[slot] = combine(totals[slot]!, Number(x.data[i]));
  }
  return convert(totals, type.dtype);
}
