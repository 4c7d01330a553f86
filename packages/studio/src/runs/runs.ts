import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defined } from 'tutelage/papers';
import {
  listRuns,
  metricsFile,
  openRun,
  type RunSummary as RunStatus,
  runSummary,
  studentFolder,
} from 'tutelage/runs';
import type { MetricsQuery, RunPage, RunQuery, RunSummary, ShownMetrics, ShownRun } from '../api/index.js';
import { found, Problem } from '../problems/problem.js';
import { existingPath } from '../workspace/confined.js';
import { type Assessment, readAssessment } from './assessment.js';
import { fileCache } from './file-cache.js';
import { lastRow } from './last-row.js';
import { metricsPath, metricsReader, partsOf } from './metrics.js';
import { runRates } from './rates.js';

/** The runs of a workspace. Functions with an id throw a {@link Problem} of status 404 when there is no such run. */
export interface Runs {
  page(query: RunQuery): RunPage;
  /** Runs that were created at a time (ISO 8601) or later. */
  since(time: string): readonly RunStatus[];
  readonly count: number;
  /** The folder of a run. */
  path(id: string): string;
  summary(id: string): RunSummary;
  config(id: string): ShownRun['config'];
  run(id: string): Omit<ShownRun, 'job'>;
  metrics(id: string, query: MetricsQuery): ShownMetrics;
  assessment(id: string): Assessment | undefined;
}

export const reportPage = (run: string): string => join(run, 'report.html');

export function runsOf(root: string): Runs {
  const rows = fileCache<ReturnType<typeof lastRow>>(5000);
  const assessments = fileCache<Assessment | undefined>(5000);
  const texts = fileCache<string>(5000);
  const reader = metricsReader();
  const rates = runRates();
  const folder = join(root, 'runs');

  const path = (id: string): string => {
    if (id.includes('/')) throw new Problem(404, `no such run: ${id}`);
    return dirname(existingPath(root, `runs/${id}/config.json`));
  };
  const assessment = (run: string) => {
    const file = join(run, 'report.json');
    return assessments.get(file, () => readAssessment(file));
  };
  const lastOf = (run: string) => {
    const file = metricsFile(run);
    return rows.get(file, () => lastRow(file));
  };
  const shown = ({ path: run, ...status }: RunStatus): RunSummary => {
    const last = lastOf(run);
    const isRunning = status.state === 'running';
    // The status is written with each checkpoint, the metrics twice a second.
    const step = isRunning ? Math.max(status.step, last?.step ?? 0) : status.step;
    if (!isRunning) rates.forget(status.id);
    return defined<RunSummary>({
      ...status,
      step,
      message: status.message,
      secondsLeft: isRunning ? rates.secondsLeft(status.id, step, status.total) : undefined,
      last: last?.numbers ?? {},
      result: status.state === 'finished' ? assessment(run)?.figures[0] : undefined,
      hasStudent: existsSync(join(studentFolder(run), 'student.json')),
    });
  };
  const statusOf = (id: string): RunStatus => found(runSummary(path(id)), `run: ${id}`);
  const configText = (run: string) => {
    const file = join(run, 'config.json');
    return texts.get(file, () => readFileSync(file, 'utf8').toLowerCase()) ?? '';
  };

  return {
    page({ q = '', state, sort, limit, offset }) {
      const words = q.toLowerCase().split(/\s+/).filter(Boolean);
      const all = listRuns(folder).filter((run) => {
        if (state !== undefined && run.state !== state) return false;
        if (words.length === 0) return true;
        const text = `${run.id} ${configText(run.path)}`;
        return words.every((word) => text.includes(word));
      });
      if (sort === 'name') all.sort((a, b) => (a.name < b.name ? -1 : 1));
      if (sort === 'updated') all.sort((a, b) => (a.updated < b.updated ? 1 : -1));
      if (sort === 'result') {
        const results = new Map(all.map((run) => [run.id, assessment(run.path)?.figures[0]?.value ?? -1]));
        all.sort((a, b) => results.get(b.id)! - results.get(a.id)!);
      }
      return { runs: all.slice(offset, offset + limit).map(shown), total: all.length };
    },
    since: (time) => listRuns(folder).filter(({ started }) => started >= time),
    get count() {
      return listRuns(folder).length;
    },
    path,
    summary: (id) => shown(statusOf(id)),
    config: (id) => openRun(path(id)).config,
    run(id) {
      const status = statusOf(id);
      return {
        ...shown(status),
        config: openRun(status.path).config,
        parts: partsOf(status.path),
        metrics: reader.read(metricsFile(status.path), { points: 10 }).series.map(({ name }) => name),
        hasReport: existsSync(reportPage(status.path)),
      };
    },
    metrics: (id, { part, ...wanted }) => reader.read(metricsPath(path(id), part), wanted),
    assessment: (id) => assessment(path(id)),
  };
}

/** Bytes of a run's metrics now; 0 when there are none. */
export function metricsSize(run: string, part: string | undefined): number {
  return statSync(metricsPath(run, part), { throwIfNoEntry: false })?.size ?? 0;
}
