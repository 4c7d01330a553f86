export type { Gguf, GgufInfo, GgufTensor, GgufValue } from './gguf.js';
export { openGguf } from './openGguf.js';
export { openSafetensors } from './openSafetensors.js';
export { type Safetensors, type SafetensorsTensor, safetensorsToFloat32, writeSafetensors } from './safetensors.js';
