export * from './index.js';
export { openGguf } from './openGguf.js';
export { openSafetensors } from './openSafetensors.js';
