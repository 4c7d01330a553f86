export { type Answer, type InteractionsBuilder, interactionsBuilder, type Preparation } from './builder.js';
export type { InteractionFormat } from './format.js';
export { hashOfInteractions } from './hash.js';
export { allLearners, byQuestion, countRows, hasSeveralConcepts, type Interactions } from './interactions.js';
export { openInteractions } from './open.js';
export { type ReadInteractions, type ReadingOptions, readInteractions } from './read.js';
