export { type AttentionOptions, attention, causalBias, paddingBias, segmentBias } from './attention.js';
export { batchNorm, initStatistics, type Statistics, updateStatistics } from './batch-norm.js';
export {
  type Embedding,
  embed,
  initEmbedding,
  initLinear,
  initNorm,
  type Linear,
  linear,
  type Norm,
} from './layers.js';
export { initLora, type Lora, type LoraPair, withLora } from './lora.js';
export {
  countParameters,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  normal,
  ones,
  summary,
  uniform,
  xavierUniform,
  zeros,
} from './parameters.js';
export { gru, initGru, initLstm, lstm, type Recurrent } from './recurrent.js';
export { type RotaryTable, rotaryTable, rotate } from './rotary.js';
