import type { DType } from '../graph/dtype.js';
import type { Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import type { Distribution } from './random.js';

type None = Record<never, never>;

/** How a window moves over the two spatial axes. Pads are in ONNX's order: before each axis, then after each. */
export type Sliding = {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
};
type Pooling = Sliding & { readonly window: readonly number[] };
type Convolution = Sliding & { readonly groups: number };
type Axis = { readonly axis: number };
type Axes = { readonly axes: readonly number[]; readonly keepDims: boolean };

/** Every operator of the engine with its attributes. The table in `table.ts` has one rule for each. */
export type OpAttributes = {
  // Sources.
  input: { readonly index: number; readonly dtype: DType; readonly shape: Shape };
  constant: { readonly tensor: Tensor };
  iota: { readonly size: number; readonly dtype: DType };
  foldKey: { readonly data: number | string };
  draw: { readonly distribution: Distribution; readonly shape: Shape; readonly keep: number };
  // Markers of differentiation, gone before emission.
  leaf: { readonly serial: number };
  stopGradient: None;
  straightThrough: None;
  checkpoint: None;
  // Order.
  after: None;
  // Elementwise, one operand.
  neg: None;
  abs: None;
  sign: None;
  exp: None;
  log: None;
  sqrt: None;
  reciprocal: None;
  sin: None;
  cos: None;
  tanh: None;
  sigmoid: None;
  softplus: None;
  erf: None;
  relu: None;
  heaviside: None;
  floor: None;
  ceil: None;
  round: None;
  not: None;
  cast: { readonly dtype: DType };
  log1p: None;
  expm1: None;
  rsqrt: None;
  isNan: None;
  clip: { readonly low: number; readonly high: number };
  gelu: { readonly approximate: 'none' | 'tanh' };
  quickGelu: { readonly alpha: number };
  leakyRelu: { readonly alpha: number };
  elu: { readonly alpha: number };
  // Elementwise, two or three operands, broadcasting.
  add: None;
  sub: None;
  mul: None;
  div: None;
  pow: None;
  maximum: None;
  minimum: None;
  equal: None;
  less: None;
  lessEqual: None;
  greater: None;
  greaterEqual: None;
  and: None;
  or: None;
  xor: None;
  where: None;
  mod: None;
  // Products.
  matmul: { readonly transA: boolean; readonly transB: boolean; readonly alpha: number };
  // Convolution and its adjoints; size is that of the result's spatial axes.
  conv: Convolution;
  convInput: Convolution & { readonly size: readonly number[] };
  convWeight: Convolution & { readonly size: readonly number[] };
  // Windows over the two spatial axes.
  maxPool: Pooling;
  maxPoolIndex: Pooling;
  averagePool: Pooling;
  upsample: { readonly scales: readonly number[] };
  // Normalisation by channel.
  batchNorm: { readonly epsilon: number };
  channelAffine: None;
  // Reductions.
  reduceSum: Axes;
  reduceMean: Axes;
  reduceMax: Axes;
  reduceMin: Axes;
  reduceProd: Axes;
  // Recurrent layers over all steps.
  gru: None;
  lstm: None;
  // Attention with a cache of keys and values, for inference.
  cachedAttention: {
    readonly heads: number;
    readonly keyValueHeads: number;
    /** Of norms over each head's queries and keys, where there are any. */
    readonly normEpsilon?: number;
  };
  // Along one axis.
  softmax: Axis;
  logSoftmax: Axis;
  softmaxCrossEntropy: None;
  layerNorm: { readonly epsilon: number };
  rmsNorm: { readonly epsilon: number };
  cumSum: { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean };
  argMax: Axis;
  argMin: Axis;
  topK: { readonly axis: number; readonly k: number; readonly largest: boolean };
  quantileIndex: None;
  // Shape.
  reshape: { readonly shape: Shape };
  transpose: { readonly permutation: readonly number[] };
  broadcastTo: { readonly shape: Shape };
  slice: {
    readonly starts: readonly number[];
    readonly ends: readonly number[];
    readonly axes: readonly number[];
    readonly steps: readonly number[];
  };
  concat: Axis;
  split: { readonly axis: number; readonly sizes: readonly number[] };
  pad: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };
  trilu: { readonly upper: boolean; readonly diagonal: number };
  // Indexing.
  gather: Axis;
  scatterAdd: { readonly axis: number; readonly size: number };
  gatherElements: Axis;
  scatterElements: { readonly axis: number; readonly reduction: 'none' | 'add' };
};
