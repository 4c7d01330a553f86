import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileSystem as fs, type MetricsRow, metricsFile, readMetrics } from 'tutelage/runs';
import type { MetricsQuery, Series, ShownMetrics } from '../api/index.js';
import { fileCache } from './file-cache.js';
import { type Points, thinned } from './thin.js';

type Wanted = Pick<MetricsQuery, 'names' | 'points' | 'from' | 'to'>;

/** Thinned metrics of files, remembered while the files stay as they are. */
export interface MetricsReader {
  read(path: string, wanted: Wanted): ShownMetrics;
}

const remembered = 2000;
const none: ShownMetrics = { series: [], end: 0 };

export function metricsReader(): MetricsReader {
  const cache = fileCache<ShownMetrics>(remembered);
  return {
    read: (path, wanted) => cache.get(path, () => readThinned(path, wanted), JSON.stringify(wanted)) ?? none,
  };
}

function readThinned(path: string, { names, points, from, to }: Wanted): ShownMetrics {
  const { rows, end } = readMetrics(fs, path, {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  });
  return { series: seriesOf(rows, names, points), end };
}

/** The metrics of rows that are numbers, each thinned. */
export function seriesOf(rows: readonly MetricsRow[], names: string | undefined, points: number): Series[] {
  const wanted = names === undefined ? undefined : new Set(names.split(','));
  const found = new Map<string, { steps: number[]; values: number[] } & Points>();
  for (const { step, ...metrics } of rows) {
    for (const [name, value] of Object.entries(metrics)) {
      if (typeof value !== 'number' || (wanted && !wanted.has(name))) continue;
      const series = found.get(name) ?? { steps: [], values: [] };
      found.set(name, series);
      series.steps.push(step);
      series.values.push(value);
    }
  }
  return [...found].map(([name, series]) => thinned(name, series, points));
}

/** The file of a run's metrics, or of a part's. */
export function metricsPath(run: string, part: string | undefined): string {
  return metricsFile(part === undefined ? run : join(run, part));
}

/** The parts that a run has. */
export function partsOf(run: string): ('teacher' | 'alone')[] {
  return (['teacher', 'alone'] as const).filter((part) => existsSync(metricsPath(run, part)));
}
