import { setBackend } from './runtime/backend.js';
import { webBackend } from './runtime/web.js';

setBackend(webBackend);

export * from './api.js';
export { setRuntimeFiles } from './runtime/web.js';
