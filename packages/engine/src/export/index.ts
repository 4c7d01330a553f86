export type { AxisRange, ExportInput } from './axes.js';
export { ExportError } from './errors.js';
export { type ExportOptions, exportOnnx } from './exportOnnx.js';
export type { ModelMetadata } from './metadata.js';
export { type InferenceSession, loadSession, type Port } from './session.js';
