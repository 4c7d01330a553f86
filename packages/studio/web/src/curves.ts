import type { Series } from '@tutelage/studio/api';

/** The series of one run, or of one of its parts, as charts show them. */
export interface Line {
  readonly name: string;
  /** A colour of CSS; by the order of the lines if it is not given. */
  readonly colour?: string;
  readonly series: readonly Series[];
}

export interface Point {
  readonly step: number;
  readonly value: number;
}

/** One metric of several lines over the steps. */
export interface Chart {
  readonly metric: string;
  readonly lines: readonly {
    readonly name: string;
    /** Among all lines, those without this metric too: it has the same style in every chart. */
    readonly place: number;
    readonly colour?: string;
    readonly points: readonly Point[];
  }[];
}

/** A chart for each metric that has a point to show, in the order that they are met. */
export function chartsOf(lines: readonly Line[]): Chart[] {
  const metrics = [...new Set(lines.flatMap(({ series }) => series.map(({ name }) => name)))];
  return metrics
    .map((metric) => ({
      metric,
      lines: lines.flatMap(({ name, colour, series }, place) => {
        const points = pointsOf(series.find((one) => one.name === metric));
        return points.length === 0 ? [] : [{ name, place, ...(colour !== undefined && { colour }), points }];
      }),
    }))
    .filter((chart) => chart.lines.length > 0);
}

function pointsOf(series: Series | undefined): Point[] {
  return (series?.steps ?? []).flatMap((step, i) => {
    const value = series!.values[i];
    return value === null || value === undefined ? [] : [{ step, value }];
  });
}

/** Whether values are so far apart that only a logarithmic scale shows them all. */
export function isWide(values: readonly number[]): boolean {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return low > 0 && high > 30 * low;
}

/**
 * Series with what has come since. Of more than `most` points every other one is left out, the last never.
 */
export function extended(shown: readonly Series[], news: readonly Series[], most: number): Series[] {
  const names = [...new Set([...shown, ...news].map(({ name }) => name))];
  return names.map((name) => {
    const before = shown.find((one) => one.name === name) ?? { name, steps: [], values: [], count: 0 };
    const after = news.find((one) => one.name === name);
    if (!after) return before;
    const steps = [...before.steps, ...after.steps];
    const values = [...before.values, ...after.values];
    const isKept = (_: unknown, i: number) => steps.length <= most || (steps.length - 1 - i) % 2 === 0;
    return {
      name,
      steps: steps.filter(isKept),
      values: values.filter(isKept),
      count: before.count + after.count,
    };
  });
}
