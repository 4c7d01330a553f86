export type { AnyMethodFile } from './method-file.js';
export { type Reproduction, readReproduction } from './reproduction.js';
