export * from './advantage.js';
export * from './chunk-likelihood.js';
export * from './contrast.js';
export * from './distillation.js';
export * from './policy.js';
export * from './preference.js';
export * from './token-divergence.js';
export * from './tokens.js';
