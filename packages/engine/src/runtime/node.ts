import * as ort from 'onnxruntime-node';
import { ortBackend } from './ort.js';

/** ONNX Runtime's native library, on the CPU unless a session asks for another device. It prints nothing: errors are thrown. */
export const nodeBackend = ortBackend(
  ort,
  {
    executionProviders: ['cpu'],
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    // Planned as one block, the memory of a training step is up to half as much again, and the step no faster.
    enableMemPattern: false,
  },
  true,
);
