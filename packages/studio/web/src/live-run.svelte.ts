import type { RunSummary, Series, ShownMetrics, ShownRun } from '@tutelage/studio/api';
import { get } from './api.js';
import { extended, type Line } from './curves.js';
import { listen } from './events.js';
import { pathOf } from './routes.js';
import { isAtWork } from './states.js';

const points = 500;
const partSeconds = 4;
const lastMilliseconds = 1500;

const parts = {
  '': { name: 'student', colour: 'var(--student)' },
  teacher: { name: 'teacher', colour: 'var(--teacher)' },
  alone: { name: 'student alone', colour: 'var(--alone)' },
} as const;
type Part = keyof typeof parts;

interface RunEvents {
  readonly run: RunSummary;
  readonly metrics: ShownMetrics;
  readonly reset: object;
}

export interface LiveRun {
  readonly run: ShownRun | undefined;
  readonly lines: readonly Line[];
  /** Whether all lines that there are have been read once. */
  readonly isRead: boolean;
  /** Reads all of it anew, as after something was done to it. */
  refresh(): Promise<void>;
  stop(): void;
}

/** A run as it is now: what it is, and its curves and those of its parts, kept up to date by events. */
export function liveRun(id: string, onTrouble: (error: unknown) => void): LiveRun {
  const address = `/api${pathOf('runs', id)}`;
  let run = $state.raw<ShownRun>();
  let series = $state.raw<Partial<Record<Part, readonly Series[]>>>({});
  const stops = new Map<Part, () => void>();
  let isRead = $state(false);
  let isStopped = false;

  const query = (part: Part, more: Record<string, string> = {}) =>
    new URLSearchParams({ points: String(points), ...(part && { part }), ...more }).toString();

  async function follow(part: Part): Promise<void> {
    stops.get(part)?.();
    stops.set(part, () => undefined);
    const shown = await get<ShownMetrics>(`${address}/metrics?${query(part)}`);
    if (isStopped) return;
    series = { ...series, [part]: shown.series };
    const stop = listen<RunEvents>(`${address}/events?${query(part, { from: String(shown.end) })}`, {
      run(now) {
        if (part === '' && run) run = { ...run, ...now };
        if (!isAtWork(now.state)) end(part);
      },
      metrics(news) {
        series = { ...series, [part]: extended(series[part] ?? [], news.series, 2 * points) };
      },
      reset() {
        series = { ...series, [part]: [] };
      },
    });
    stops.set(part, stop);
  }

  /** A run that has ended has no more events, once the last have come; its report and student are there. */
  function end(part: Part): void {
    setTimeout(() => {
      if (isStopped) return;
      stops.get(part)?.();
      if (part === '') readRun().catch(onTrouble);
    }, lastMilliseconds);
  }

  async function readRun(): Promise<void> {
    const now = await get<ShownRun>(address);
    if (isStopped) return;
    run = now;
    await Promise.all((['', ...now.parts] as Part[]).filter((part) => !stops.has(part)).map(follow));
    isRead = true;
  }

  async function refresh(): Promise<void> {
    for (const stop of stops.values()) stop();
    stops.clear();
    await readRun();
  }

  // Parts come when they begin.
  const timer = setInterval(() => {
    if (run && isAtWork(run.state)) readRun().catch(onTrouble);
  }, partSeconds * 1000);
  readRun().catch(onTrouble);

  return {
    get run() {
      return run;
    },
    get lines() {
      return (Object.keys(parts) as Part[]).flatMap((part) => {
        const own = series[part];
        return own ? [{ ...parts[part], series: own }] : [];
      });
    },
    get isRead() {
      return isRead;
    },
    refresh,
    stop() {
      isStopped = true;
      clearInterval(timer);
      for (const stop of stops.values()) stop();
    },
  };
}
