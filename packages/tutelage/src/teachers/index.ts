export * from './captured.js';
export * from './classifier-teacher.js';
export * from './llm-teacher.js';
export * from './onnx-teacher.js';
export * from './parse-teacher.js';
export * from './signal-store.js';
