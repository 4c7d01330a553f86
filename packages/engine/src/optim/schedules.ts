import { checkRange } from '../graph/check.js';

/**
 * The factor on the learning rate for the update that follows `step` applied ones (from 0). Pure: a resumed run needs
 * no state but its step.
 */
export type Schedule = (step: number) => number;

/** Always 1. */
export function constant(): Schedule {
  return () => 1;
}

/** factor^floor(step / every), with `every` in steps and `factor` in (0, 1], default 0.1. */
export function stepDecay({ every, factor = 0.1 }: { every: number; factor?: number }): Schedule {
  checkCount('every', every);
  checkRange('factor', factor, 0, 1, 'above');
  return (step) => factor ** Math.floor(step / every);
}

export interface WarmupOptions {
  /** Length of the whole schedule in steps; later steps keep its last value. */
  readonly total: number;
  /** Steps of linear rise from 0, fewer than `total`. Default 0. */
  readonly warmup?: number;
  /** Last value, in [0, 1]. Default 0. */
  readonly end?: number;
}

/** Linear rise, then linear fall to `end` (Devlin et al. 2019, Appendix A.2). */
export function linear(options: WarmupOptions): Schedule {
  return polynomial({ ...options, power: 1 });
}

/** Linear rise, then end + (1 - end) (1 - progress)^power. `power` is positive, default 1. */
export function polynomial({ power = 1, ...options }: WarmupOptions & { power?: number }): Schedule {
  checkRange('power', power, 0, Number.POSITIVE_INFINITY, 'above');
  return warmedUp(options, (progress) => (1 - progress) ** power);
}

/**
 * Linear rise, then half a cosine down to `end` (Loshchilov & Hutter 2017, "SGDR", equation 5 with one cycle):
 * end + (1 - end) (1 + cos(pi progress)) / 2.
 */
export function cosine(options: WarmupOptions): Schedule {
  return warmedUp(options, halfCosine);
}

/**
 * Cosine with warm restarts (Loshchilov & Hutter 2017, "SGDR", equation 5): every cycle falls from 1 to `end`, and cycle
 * i, from 0, lasts period * growth^i steps.
 * @param options.period first cycle in steps; `growth` at least 1, default 1; `end` in [0, 1], default 0.
 */
export function cosineRestarts(options: { period: number; growth?: number; end?: number }): Schedule {
  const { period, growth = 1, end = 0 } = options;
  checkCount('period', period);
  checkRange('growth', growth, 1);
  checkRange('end', end, 0, 1);
  return (step) => {
    // The margin keeps the rounding of the logarithm from missing a restart.
    const cycle =
      growth === 1
        ? Math.floor(step / period)
        : Math.floor(Math.log1p((step / period) * (growth - 1)) / Math.log(growth) + 1e-12);
    const start = growth === 1 ? cycle * period : (period * (growth ** cycle - 1)) / (growth - 1);
    return end + (1 - end) * halfCosine((step - start) / (period * growth ** cycle));
  };
}

export interface OneCycleOptions {
  /** Steps of the cycle; later steps keep its last value. */
  readonly total: number;
  /** Share of the steps that rise, in (0, 1). Default 0.3. */
  readonly rise?: number;
  /** The first value is 1 / startDivisor. At least 1, default 25. */
  readonly startDivisor?: number;
  /** The last value is the first / endDivisor. At least 1, default 1e4. */
  readonly endDivisor?: number;
}

/**
 * One cycle (Smith & Topin 2018, "Super-convergence"), in PyTorch's form: half a cosine up to 1, half a cosine down far
 * below the start. The peak lies at step rise * total - 1, the end at step total - 1.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { total, rise = 0.3, startDivisor = 25, endDivisor = 1e4 } = options;
  checkCount('total', total);
  checkRange('rise', rise, 0, 1, 'above');
  checkRange('startDivisor', startDivisor, 1);
  checkRange('endDivisor', endDivisor, 1);
  const peak = rise * total - 1;
  if (peak <= 0 || peak >= total - 1) {
    throw new RangeError(
      `invalid rise: ${rise} of ${total} steps; both rise and fall need more than one step`,
    );
  }
  const start = 1 / startDivisor;
  const end = start / endDivisor;
  return (step) =>
    step <= peak
      ? 1 + (start - 1) * halfCosine(step / peak)
      : end + (1 - end) * halfCosine(Math.min(1, (step - peak) / (total - 1 - peak)));
}

export interface CyclicalOptions {
  /** Steps of the rise, and of the fall. */
  readonly halfCycle: number;
  /** Lowest value, in [0, 1]. */
  readonly base: number;
  /** triangular: every peak 1. triangular2: peaks' height above base halves each cycle. exponential: gamma^step. */
  readonly shape?: 'triangular' | 'triangular2' | 'exponential';
  /** For exponential, in (0, 1]. Default 1. */
  readonly gamma?: number;
}

/** Cyclical learning rates (Smith 2017, section 3): triangles between `base` and 1. */
export function cyclical({ halfCycle, base, shape = 'triangular', gamma = 1 }: CyclicalOptions): Schedule {
  checkCount('halfCycle', halfCycle);
  checkRange('base', base, 0, 1);
  checkRange('gamma', gamma, 0, 1, 'above');
  return (step) => {
    const cycle = Math.floor(step / (2 * halfCycle));
    const height = 1 - Math.abs(step / halfCycle - 2 * cycle - 1);
    const scale = { triangular: 1, triangular2: 0.5 ** cycle, exponential: gamma ** step }[shape];
    return base + (1 - base) * height * scale;
  };
}

/** From 1 at 0 to 0 at 1. */
function halfCosine(progress: number): number {
  return (1 + Math.cos(Math.PI * progress)) / 2;
}

function warmedUp({ total, warmup = 0, end = 0 }: WarmupOptions, fall: Schedule): Schedule {
  checkCount('total', total);
  checkRange('warmup', warmup, 0, total, 'below');
  checkRange('end', end, 0, 1);
  return (step) =>
    step < warmup ? step / warmup : end + (1 - end) * fall(Math.min(1, (step - warmup) / (total - warmup)));
}

function checkCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`invalid ${name}: ${value}; must be a whole number of steps, at least 1`);
  }
}
