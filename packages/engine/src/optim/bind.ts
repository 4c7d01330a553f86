import { checkRange } from '../graph/check.js';
import { type Arena, type ArenaRange, type ArenaTensor, createArena } from './arena.js';
import type { Optimizer } from './optimizer.js';
import { exportSlots, importSlots, type OptimizerState } from './state.js';

/** Settings for the parameters whose names match. What is left out is the optimizer's. */
export interface ParameterGroup {
  readonly match: RegExp | ((name: string) => boolean);
  readonly learningRate?: number;
  readonly weightDecay?: number;
  /** Frozen parameters are never updated and take no memory beyond their own. */
  readonly frozen?: boolean;
}

export interface BindOptions {
  /** A parameter belongs to the first group that matches its name; the others have the optimizer's settings. */
  readonly groups?: readonly ParameterGroup[];
  /** Largest global norm of the gradient; larger ones are scaled down to it (Pascanu et al. 2013). */
  readonly clipNorm?: number;
  /** Keep a sum of gradients, for `accumulate`. */
  readonly accumulates?: boolean;
  /** Decay in [0, 1) of an exponential moving average of the parameters. */
  readonly averageDecay?: number;
}

export interface StepOptions {
  /** Multiplies every group's learning rate: the schedule's value. Default 1. */
  readonly learningRateFactor?: number;
  /** Multiplies the gradient, for instance to undo a loss scale. Default 1. */
  readonly gradientScale?: number;
}

export interface StepReport {
  /** false: the gradient's norm was not finite, and neither parameters nor state have changed. */
  readonly applied: boolean;
  /** Updates applied so far. */
  readonly step: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
}

/** Parameters and the optimizer that updates them. */
export interface BoundOptimizer {
  readonly tensors: ReadonlyMap<string, ArenaTensor>;
  /** The averaged parameters, with `averageDecay`; a frozen parameter is its own average. Else empty. */
  readonly averages: ReadonlyMap<string, Float32Array>;
  /**
   * Adds the gradients to the sum that the next step uses; they may then be overwritten.
   * @throws Error without the option `accumulates`.
   */
  accumulate(): void;
  /**
   * Puts the mean of the accumulated gradients, if there are any, into the gradients' place.
   * @returns the global norm of the gradients
   */
  settle(): number;
  /**
   * One update from the gradients, or from the mean of the accumulated ones.
   * @throws RangeError when an option is negative or not finite.
   */
  step(options?: StepOptions): StepReport;
  /**
   * A copy of everything but the parameters that the next steps depend on.
   * @throws Error while gradients are accumulated.
   */
  exportState(): OptimizerState;
  /** @throws RangeError when the state is not this optimizer's or does not fit its parameters; nothing is changed then. */
  importState(state: OptimizerState): void;
}

const ACCUMULATED = 'accumulated_gradient';
const AVERAGE = 'average';

/**
 * Allocates parameters (zero: fill `tensors` before training) and what `optimizer` needs to train them.
 *
 * @param parameters names and numbers of elements.
 * @throws RangeError on invalid options, or when nothing is left to train.
 */
export function bindOptimizer(
  optimizer: Optimizer,
  parameters: readonly { readonly name: string; readonly size: number }[],
  options: BindOptions = {},
): BoundOptimizer {
  const { groups = [], clipNorm, accumulates = false, averageDecay } = options;
  checkOptions(options);
  const slotNames = [
    ...optimizer.slots,
    ...(averageDecay === undefined ? [] : [AVERAGE]),
    ...(accumulates ? [ACCUMULATED] : []),
  ];
  const arena = createArena(assignGroups(parameters, groups), slotNames.length);
  if (arena.ranges.length === 0) {
    throw new RangeError(
      'nothing to train: every parameter is frozen; narrow the `match` of the frozen groups',
    );
  }
  fillSlots(arena, optimizer);

  const averageSlot = slotNames.indexOf(AVERAGE);
  const sumSlot = slotNames.indexOf(ACCUMULATED);
  // The accumulator is empty between steps, so it is no part of the state.
  const savedSlots = slotNames.filter((name) => name !== ACCUMULATED);
  let step = 0;
  let accumulated = 0;

  const source = (range: ArenaRange): ArenaRange =>
    accumulated > 0 ? { ...range, gradient: range.slots[sumSlot]! } : range;

  return {
    tensors: arena.tensors,
    averages: new Map(
      averageSlot < 0
        ? []
        : [...arena.tensors].map(([name, { slots, parameter }]) => [name, slots[averageSlot] ?? parameter]),
    ),

    accumulate() {
      if (sumSlot < 0)
        throw new Error('no gradient accumulator: bind the optimizer with `accumulates: true`');
      for (const { kernels, count, gradient, slots } of arena.ranges) {
        if (accumulated === 0) kernels.copy(count, slots[sumSlot]!, gradient);
        else kernels.blend(count, slots[sumSlot]!, gradient, 1, 1);
      }
      accumulated += 1;
    },

    settle() {
      for (const { kernels, count, gradient, slots } of accumulated > 0 ? arena.ranges : []) {
        kernels.copy(count, gradient, slots[sumSlot]!);
        kernels.scale(count, gradient, 1 / accumulated);
      }
      accumulated = 0;
      return Math.sqrt(sumSquares(arena.ranges));
    },

    step({ learningRateFactor = 1, gradientScale = 1 } = {}) {
      checkRange('learningRateFactor', learningRateFactor, 0);
      checkRange('gradientScale', gradientScale, 0, Number.POSITIVE_INFINITY, 'above');
      const ranges = arena.ranges.map(source);
      const scale = gradientScale / Math.max(1, accumulated);
      const gradientNorm = scale * Math.sqrt(sumSquares(ranges));
      accumulated = 0;
      if (!Number.isFinite(gradientNorm)) return { applied: false, step, gradientNorm };

      step += 1;
      for (const range of ranges) {
        const group = groups[range.group];
        optimizer.update(range, {
          step,
          learningRate: (group?.learningRate ?? optimizer.learningRate) * learningRateFactor,
          weightDecay: group?.weightDecay ?? optimizer.weightDecay,
          gradientScale: scale * clipFactor(gradientNorm, clipNorm),
        });
        if (averageDecay !== undefined) updateAverage(range, averageSlot, step, averageDecay);
      }
      return { applied: true, step, gradientNorm };
    },

    exportState() {
      if (accumulated > 0) {
        throw new Error(
          `state exported between accumulated batches: ${accumulated} pending; call step() first`,
        );
      }
      return { optimizer: optimizer.name, step, tensors: exportSlots(arena, savedSlots) };
    },

    importState(state) {
      importSlots(arena, savedSlots, optimizer.name, state);
      step = state.step;
      accumulated = 0;
    },
  };
}

function checkOptions({ groups = [], clipNorm, averageDecay }: BindOptions): void {
  if (clipNorm !== undefined) checkRange('clipNorm', clipNorm, 0, Number.POSITIVE_INFINITY, 'above');
  if (averageDecay !== undefined) checkRange('averageDecay', averageDecay, 0, 1, 'below');
  for (const { match, learningRate = 0, weightDecay = 0 } of groups) {
    checkRange(`learningRate of group ${match}`, learningRate, 0);
    checkRange(`weightDecay of group ${match}`, weightDecay, 0);
  }
}

/** The index of the first group that matches; the number of groups where none does. */
function assignGroups(
  parameters: readonly { readonly name: string; readonly size: number }[],
  groups: readonly ParameterGroup[],
) {
  return parameters.map(({ name, size }) => {
    const found = groups.findIndex(({ match }) =>
      match instanceof RegExp ? name.search(match) >= 0 : match(name),
    );
    const group = groups[found]?.frozen ? ('frozen' as const) : found < 0 ? groups.length : found;
    return { name, size, group };
  });
}

function fillSlots(arena: Arena, optimizer: Optimizer): void {
  for (const { slots } of arena.tensors.values()) {
    for (const slot of slots.slice(0, optimizer.slots.length)) slot.fill(optimizer.initialSlotValue);
  }
}

function sumSquares(ranges: readonly ArenaRange[]): number {
  return ranges.reduce((sum, { kernels, count, gradient }) => sum + kernels.sumSquares(count, gradient), 0);
}

/** PyTorch's clip_grad_norm_: limit / (norm + 1e-6), at most 1. */
function clipFactor(norm: number, limit: number | undefined): number {
  return limit === undefined ? 1 : Math.min(1, limit / (norm + 1e-6));
}

/** The average starts as the parameters after the first update. */
function updateAverage(range: ArenaRange, slot: number, step: number, decay: number): void {
  const { kernels, count, parameter, slots } = range;
  if (step === 1) kernels.copy(count, slots[slot]!, parameter);
  else kernels.blend(count, slots[slot]!, parameter, decay, 1 - decay);
}
