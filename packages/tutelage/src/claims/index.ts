export { claimId, type StatedClaim } from './define-claim.js';
export { type AnyMethodFile, claimsOf } from './method-file.js';
export { recordedFiles } from './recorded.js';
export { type Reproduction, readReproduction } from './reproduction.js';
