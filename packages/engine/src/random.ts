/** Random numbers: keys, draws in memory, and draws within traced functions. */
export {
  bernoulli,
  categorical,
  dropout,
  foldIn as foldInTraced,
  gumbel,
  keyTensor,
  normal,
  uniform,
} from './ops/random.js';
export * from './random/index.js';
