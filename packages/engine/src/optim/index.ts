export { type Arena, type ArenaRange, type ArenaRequest, type ArenaTensor, createArena } from './arena.js';
export {
  type BindOptions,
  type BoundOptimizer,
  bindOptimizer,
  type ParameterGroup,
  type StepOptions,
  type StepReport,
} from './bind.js';
export { type MuonDescription, type MuonOptions, muon } from './muon.js';
export {
  type AdagradOptions,
  type AdamOptions,
  adagrad,
  adam,
  adamw,
  type LionOptions,
  lion,
  type Optimizer,
  type SgdOptions,
  sgd,
  type UpdateSettings,
} from './optimizer.js';
export {
  type CyclicalOptions,
  constant,
  cosine,
  cosineRestarts,
  cyclical,
  linear,
  type OneCycleOptions,
  oneCycle,
  polynomial,
  type Schedule,
  stepDecay,
  type WarmupOptions,
} from './schedules.js';
export type { OptimizerState } from './state.js';
