export { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from './float16.js';
export type { Gguf, GgufInfo, GgufTensor, GgufValue } from './gguf.js';
export { readGguf } from './gguf.js';
export { openGguf } from './openGguf.js';
export { openSafetensors } from './openSafetensors.js';
export {
  readSafetensors,
  type Safetensors,
  type Safetensors,
  type SafetensorsDtype,
  type SafetensorsTensor,
  type SafetensorsTensor,
  safetensorsToFloat32,
  safetensorsToFloat32,
  writeSafetensors,
  writeSafetensors,
} from './safetensors.js';
