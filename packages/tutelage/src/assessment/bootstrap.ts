import { random } from '@tutelage/engine';
import { mean } from './checks.js';
import { normalCdf, normalQuantile } from './distributions.js';
import type { Interval } from './intervals.js';

/** A statistic of a sample that is given by the positions of its examples, some of which occur again. */
export type Statistic = (positions: ArrayLike<number>) => number;

export interface BootstrapOptions {
  readonly key: random.Key;
  /** Number of resamples; 2000 if not given. */
  readonly resamples?: number;
  /** In (0, 1); 0.95 if not given. */
  readonly level?: number;
}

/**
 * The statistic of samples drawn with replacement (Efron 1979), in order of drawing. The same key draws the same samples, so
 * that statistics of several models are paired.
 *
 * @param size number of examples, from 1 to 2^31 - 1
 */
export function bootstrap(statistic: Statistic, size: number, options: BootstrapOptions): Float64Array {
  const bits = new Uint32Array(size);
  const positions = new Int32Array(size);
  return Float64Array.from({ length: options.resamples ?? 2000 }, (_, resample) => {
    random.fillBits(bits, options.key, resample * size);
    for (let i = 0; i < size; i++) positions[i] = Math.floor((bits[i]! * size) / 2 ** 32);
    return statistic(positions);
  });
}

/** Percentile interval of a statistic (Efron & Tibshirani 1993, section 13.3). */
export function percentileInterval(statistic: Statistic, size: number, options: BootstrapOptions): Interval {
  const values = bootstrap(statistic, size, options).sort();
  const tail = (1 - (options.level ?? 0.95)) / 2;
  return {
    estimate: statistic(everyPosition(size)),
    low: quantile(values, tail),
    high: quantile(values, 1 - tail),
  };
}

/**
 * Bias-corrected and accelerated interval (Efron 1987): second-order accurate, at the price of one more evaluation of the
 * statistic an example.
 */
export function bcaInterval(statistic: Statistic, size: number, options: BootstrapOptions): Interval {
  const every = everyPosition(size);
  const leftOut = Float64Array.from(every, (out) => statistic(every.filter((position) => position !== out)));
  const values = bootstrap(statistic, size, options);
  return bcaIntervalOf(values, statistic(every), leftOut, options.level);
}

/**
 * The bias-corrected and accelerated interval from what it is made of.
 *
 * @param values the statistic of each resample
 * @param leftOut the statistic without each example, in any order
 */
export function bcaIntervalOf(
  values: Float64Array,
  estimate: number,
  leftOut: Float64Array,
  level = 0.95,
): Interval {
  const sorted = values.slice().sort();
  const below = mean(sorted.map((value) => (value < estimate ? 1 : value === estimate ? 0.5 : 0)));
  const bias = normalQuantile(below);
  const centre = mean(leftOut);
  const squares = leftOut.reduce((sum, value) => sum + (centre - value) ** 2, 0);
  const cubes = leftOut.reduce((sum, value) => sum + (centre - value) ** 3, 0);
  // All resamples on one side of the estimate, or a statistic that no example moves: nothing to correct by.
  if (!Number.isFinite(bias) || squares === 0) {
    return { estimate, low: quantile(sorted, (1 - level) / 2), high: quantile(sorted, (1 + level) / 2) };
  }
  const acceleration = cubes / (6 * squares ** 1.5);
  const end = (p: number): number => {
    const z = bias + normalQuantile(p);
    return quantile(sorted, normalCdf(bias + z / (1 - acceleration * z)));
  };
  return { estimate, low: end((1 - level) / 2), high: end((1 + level) / 2) };
}

/** The difference of two statistics on the same examples. */
export interface PairedDifference extends Interval {
  /** Share of the resamples in which the first is not greater: small if its lead is hardly chance. */
  readonly shareNotGreater: number;
}

/** Percentile interval of first - second, both on the same resamples (Koehn 2004). */
export function pairedBootstrap(
  first: Statistic,
  second: Statistic,
  size: number,
  options: BootstrapOptions,
): PairedDifference {
  const difference: Statistic = (positions) => first(positions) - second(positions);
  const values = bootstrap(difference, size, options).sort();
  const tail = (1 - (options.level ?? 0.95)) / 2;
  return {
    estimate: difference(everyPosition(size)),
    low: quantile(values, tail),
    high: quantile(values, 1 - tail),
    shareNotGreater: mean(values.map((value) => (value > 0 ? 0 : 1))),
  };
}

/** The mean of a value of each example, as a statistic. */
export function meanOf(values: ArrayLike<number>): Statistic {
  return (positions) => {
    let sum = 0;
    for (let i = 0; i < positions.length; i++) sum += values[positions[i]!]!;
    return sum / positions.length;
  };
}

function everyPosition(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => i);
}

/** Quantile of sorted values, with linear interpolation (Hyndman & Fan 1996, type 7). */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const place = (sorted.length - 1) * p;
  const floor = Math.floor(place);
  const low = sorted[floor]!;
  const high = sorted[Math.min(floor + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - floor);
}
