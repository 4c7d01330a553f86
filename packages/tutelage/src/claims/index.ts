export type { AnyMethodFile } from './method-file.js';
export { recordedFiles } from './recorded.js';
export { type Reproduction, readReproduction } from './reproduction.js';
