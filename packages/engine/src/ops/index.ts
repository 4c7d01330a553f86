export { batchNorm, batchNormInference, type ChannelNorm, groupNorm, instanceNorm } from './batchNorm.js';
export { type ConvOptions, type ConvTransposeOptions, conv, convTranspose } from './conv.js';
export {
  abs,
  add,
  and,
  cast,
  ceil,
  clip,
  cos,
  div,
  equal,
  erf,
  exp,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  not,
  or,
  pow,
  reciprocal,
  relu,
  round,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  sub,
  tanh,
  where,
  xor,
} from './elementwise.js';
export { embedding, gather, scatterAdd } from './indexing.js';
export { type MatmulOptions, matmul } from './matmul.js';
export {
  type AveragePoolOptions,
  averagePool,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  type PoolOptions,
} from './pool.js';
export { logSumExp, max, mean, min, norm, prod, type ReduceOptions, sum, variance } from './reduce.js';
export { type ResizeOptions, resize, upsample } from './resize.js';
export {
  broadcastTo,
  concat,
  expandDims,
  pad,
  reshape,
  type SliceOptions,
  slice,
  squeeze,
  stack,
  swapAxes,
  tile,
  transpose,
} from './shape.js';
export { logSoftmax, softmax } from './softmax.js';
export { iota, stopGradient } from './sources.js';
export { split } from './split.js';
