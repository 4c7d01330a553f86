export type { AxisRange, ExportInput } from './axes.js';
export { ExportError } from './errors.js';
export { type ExportOptions, exportOnnx } from './export-onnx.js';
export { exportSafetensors } from './export-safetensors.js';
export { toFloat16 } from './float16.js';
export type { ModelMetadata } from './metadata.js';
export { type QuantizeOptions, quantizeDynamic } from './quantize.js';
export { type InferenceSession, loadSession, type Port } from './session.js';
