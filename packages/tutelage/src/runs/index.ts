export { writeFileAtomic } from './atomic.js';
export { loadBestCheckpoint, loadLatestCheckpoint, saveCheckpoint } from './checkpoint.js';
export { DataCursor } from './cursor.js';
export { nodeFileSystem } from './file-system.js';
export { interruptible } from './interrupt.js';
export { lastOwner, lockOwner } from './lock.js';
export { runLoop } from './loop.js';
export { type MetricsRow, readMetrics } from './metrics.js';
export { processStart, thisHost } from './processes.js';
export { messagesOnly, type Progress, terminalProgress } from './progress.js';
export { type RateEstimator, rateEstimator } from './rate.js';
export {
  createRun,
  deleteRun,
  listRuns,
  metricsFile,
  openRun,
  type Run,
  type RunSummary,
  resumeCommand,
  runSummary,
  studentFolder,
} from './run.js';
export { safetensorsCodec } from './safetensors-codec.js';
export { readTaughtRecord, type TaughtRecord, writeTaughtRecord } from './taught.js';
