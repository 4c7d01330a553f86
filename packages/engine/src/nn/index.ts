export { type AttentionOptions, attention, causalBias, paddingBias } from './attention.js';
