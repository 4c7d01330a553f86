import { type Interval, pairedTInterval } from '../assessment/intervals.js';

/** What a method or a baseline reached on the user's own data. */
export interface ArmResult {
  /** The same for arms that are the same whatever the method, such as a baseline. */
  readonly id: string;
  readonly title: string;
  /** By metric; greater is better. */
  readonly metrics: Readonly<Record<string, Interval>>;
}

/** The mean of a metric over runs with several seeds, with the interval of Student's t; without one for a single run. */
export function overSeeds(values: readonly number[]): Interval {
  if (values.length > 1) return pairedTInterval(values);
  const [estimate] = values as [number];
  return { estimate, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
}
