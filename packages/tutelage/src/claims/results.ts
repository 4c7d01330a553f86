import { type Interval, pairedTInterval } from '../assessment/intervals.js';

/** What a method or a baseline reached on the user's own data. */
export interface ArmResult {
  /** The same for arms that are the same whatever the method, such as a baseline. */
  readonly id: string;
  readonly title: string;
  /** By metric; greater is better. */
  readonly metrics: Readonly<Record<string, Interval>>;
}

/**
 * Results of arms that were run with several seeds: means with the interval of Student's t, which a single seed does not give.
 *
 * @param runs one a seed and arm, with what it reached on the test split
 */
export function resultsOf(
  metric: string,
  runs: readonly { readonly arm: string; readonly test: number }[],
): ArmResult[] {
  return [...new Set(runs.map(({ arm }) => arm))].map((arm) => {
    const values = runs.filter((run) => run.arm === arm).map(({ test }) => test);
    return { id: arm, title: arm, metrics: { [metric]: overSeeds(values) } };
  });
}

function overSeeds(values: readonly number[]): Interval {
  if (values.length > 1) return pairedTInterval(values);
  const [estimate] = values as [number];
  return { estimate, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
}
