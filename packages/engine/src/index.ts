import { setBackend } from './runtime/backend.js';
import { nodeBackend } from './runtime/node.js';

setBackend(nodeBackend);

export * from './api.js';
export { importOnnxFile } from './import/file.js';
