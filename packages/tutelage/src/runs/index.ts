export { loadBestCheckpoint, loadLatestCheckpoint, saveCheckpoint } from './checkpoint.js';
export { DataCursor } from './cursor.js';
export { interruptible } from './interrupt.js';
export { runLoop } from './loop.js';
export { readMetrics } from './metrics.js';
export { messagesOnly, type Progress, terminalProgress } from './progress.js';
export { createRun, deleteRun, listRuns, openRun, type Run, resumeCommand } from './run.js';
export { safetensorsCodec } from './safetensors-codec.js';
