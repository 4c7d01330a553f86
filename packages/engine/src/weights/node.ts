/** Weight files in memory, and those that are read from disk piece by piece. */
export * from './index.js';
export { openGguf } from './openGguf.js';
export { openSafetensors } from './openSafetensors.js';
