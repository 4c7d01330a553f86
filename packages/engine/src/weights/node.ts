/** Weight files in memory, and those that are read from disk piece by piece. */
export * from './index.js';
export { openGguf } from './open-gguf.js';
export { openSafetensors } from './open-safetensors.js';
