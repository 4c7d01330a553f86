import { setBackend } from './runtime/backend.js';
import { nodeBackend } from './runtime/node.js';

setBackend(nodeBackend);

export * from './api.js';
export { openSession, saveModel } from './export/files.js';
export { importOnnxFile } from './import/file.js';
// In place of the browser's: this one opens files as well.
export * as weights from './weights/node.js';
