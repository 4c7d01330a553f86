/**
 * Tensors in memory and random numbers alone, without operators or a runtime: for what prepares data, in small programs and in pages.
 */
export type { DType, TypedArray } from './graph/dtype.js';
export * from './graph/tensor.js';
export * as random from './random/index.js';
