import * as ort from 'onnxruntime-node';
import { ortBackend } from './ort.js';

/** ONNX Runtime's native library, on the CPU unless a session asks for another device. */
export const nodeBackend = ortBackend(
  ort,
  { executionProviders: ['cpu'], interOpNumThreads: 1, graphOptimizationLevel: 'all', logSeverityLevel: 3 },
  true,
);
