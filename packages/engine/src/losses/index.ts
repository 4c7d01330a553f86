export {
  type BinaryCrossEntropyOptions,
  binaryCrossEntropyWithLogits,
  type CrossEntropyOptions,
  crossEntropy,
} from './classification.js';
export { jensenShannon, klDivergence } from './divergence.js';
export { type LossOptions, type Reduction, reduceLosses } from './reduction.js';
export { huber, mse } from './regression.js';
export {
  cosineLoss,
  type InfoNceOptions,
  infoNce,
  type MarginOptions,
  marginRanking,
  triplet,
} from './similarity.js';
