export { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from './float16.js';
export { type Gguf, type GgufInfo, type GgufTensor, type GgufValue, readGguf } from './gguf.js';
export {
  readSafetensors,
  type Safetensors,
  type SafetensorsDtype,
  type SafetensorsTensor,
  safetensorsToFloat32,
  writeSafetensors,
} from './safetensors.js';
