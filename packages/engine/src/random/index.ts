export { fillBernoulli, fillBits, fillGumbel, fillNormal, fillUniform } from './fill.js';
export { foldIn, type Key, key, split } from './keys.js';
export { philox, type Words } from './philox.js';
export { type Stream, stream } from './stream.js';
