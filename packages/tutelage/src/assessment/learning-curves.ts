import type { MetricsRow } from '../runs/metrics.js';

/** A metric over the steps of training. */
export interface LearningCurve {
  readonly arm: string;
  readonly metric: string;
  /** Step and value, in ascending order of steps. */
  readonly points: readonly (readonly [step: number, value: number])[];
}

const mostPoints = 150;

/**
 * The curve of a metric from rows of `metrics.jsonl`. Rows without it, or in which it is not finite, are left out. Beyond 150 points,
 * neighbours are averaged.
 *
 * @param metric such as `loss` or `validation accuracy`
 */
export function learningCurve(arm: string, metric: string, rows: readonly MetricsRow[]): LearningCurve {
  const all = rows.flatMap((row): [number, number][] => {
    const value = row[metric];
    return typeof value === 'number' && Number.isFinite(value) ? [[row.step, value]] : [];
  });
  const size = Math.ceil(all.length / mostPoints) || 1;
  const points = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => {
    const group = all.slice(i * size, (i + 1) * size);
    const value = group.reduce((sum, [, y]) => sum + y, 0) / group.length;
    return [group.at(-1)![0], Number(value.toPrecision(5))] as const;
  });
  return { arm, metric, points };
}
