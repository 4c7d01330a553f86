export { assessTracing, type TracingAssessment } from './assess.js';
export { type BktParameters, bkt, fitBkt, learnedFrom, masteredFrom } from './bkt.js';
export { type DriftPart, driftOf, type LeakReport, leaksOf } from './checks.js';
export { elo } from './elo.js';
export { factors } from './factors.js';
export { irt } from './irt.js';
export { type MasteryRecord, masteryOverTime } from './mastery.js';
export { meansOf } from './means.js';
export type { NetSettings, NetTracer, NetTracerKind } from './net-tracer.js';
export { aktKind, dktKind, type NetSize, saktKind, simpleKtKind } from './nets.js';
export { recommend } from './recommend.js';
export { foldsOf, type LearnerSplits, splitLearners } from './splits.js';
export {
  type FitOptions,
  type FitSplit,
  type Follower,
  type Item,
  itemAt,
  type Tracer,
  type TracerKind,
} from './tracer.js';
