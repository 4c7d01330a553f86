/** Random numbers: keys and host-side draws, and draws within traced functions. */
export {
  bernoulli,
  dropout,
  foldIn as foldInTraced,
  gumbel,
  keyTensor,
  normal,
  uniform,
} from './ops/random.js';
export { foldIn, type Key, key, split } from './optim/keys.js';
export { fillBernoulli, fillBits, fillGumbel, fillNormal, fillUniform } from './optim/random.js';
