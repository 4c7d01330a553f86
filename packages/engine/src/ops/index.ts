export { elu, gelu, leakyRelu, quickGelu, silu } from './activations.js';
export { batchNorm, batchNormInference, type ChannelNorm, groupNorm, instanceNorm } from './batch-norm.js';
export {
  type CachedAttention,
  type CachedAttentionOptions,
  cachedAttention,
} from './cached-attention.js';
export { type ConvOptions, type ConvTransposeOptions, conv, convTranspose } from './conv.js';
export { einsum } from './einsum.js';
export { gatherElements, scatterElements, scatterElementsAdd } from './elements.js';
export {
  abs,
  add,
  and,
  cast,
  ceil,
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
export { embedding, gather, oneHot, scatterAdd } from './indexing.js';
export { type MatmulOptions, matmul } from './matmul.js';
export { layerNorm, rmsNorm } from './normalization.js';
export {
  type ArgOptions,
  argMax,
  argMin,
  argSort,
  type SortOptions,
  sort,
  type TopKOptions,
  topK,
} from './order.js';
export {
  type AveragePoolOptions,
  averagePool,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  type PoolOptions,
} from './pool.js';
export { quantileIndex } from './quantile-index.js';
export {
  cosineSimilarity,
  logSumExp,
  max,
  mean,
  min,
  norm,
  normalize,
  prod,
  type ReduceOptions,
  sum,
  variance,
} from './reduce.js';
export { type ResizeOptions, resize, upsample } from './resize.js';
export { clip, expm1, isNan, log1p, mod, rsqrt } from './scalar-functions.js';
export { type CumSumOptions, cumSum } from './scan.js';
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
  zerosLike,
} from './shape.js';
export { logSoftmax, softmax, softmaxCrossEntropy } from './softmax.js';
export { iota, stopGradient, straightThrough } from './sources.js';
export { split } from './split.js';
export { causalMask, tril, triu } from './triangular.js';
