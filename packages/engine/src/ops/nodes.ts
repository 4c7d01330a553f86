import type { Emitter } from './rule.js';

// ONNX nodes that emissions are made of.

/** The same elements in another shape, whose dimensions of zero are meant as such. */
export function reshaped(e: Emitter, x: string, shape: readonly number[]): string {
  return e.node('Reshape', [x, e.int64s(shape)], { allowzero: 1 });
}

export function transposed(e: Emitter, x: string, permutation: readonly number[]): string {
  return e.node('Transpose', [x], { perm: permutation });
}

/** Zeros before all axes, then after all; negative widths cut off. */
export function padded(e: Emitter, x: string, widths: readonly number[]): string {
  return widths.every((w) => w === 0) ? x : e.node('Pad', [x, e.int64s(widths)]);
}
