import { dirname } from 'node:path';
import { quietly, withFile, writeFileDurably } from './atomic.js';
import { explained, reason } from './file-errors.js';
import type { FileSystem } from './file-system.js';
import { isObject, type JsonValue } from './json.js';

/** What a step reports: numbers, and whatever else JSON can hold. */
export type Metrics = Readonly<Record<string, JsonValue>>;

/** A line of `metrics.jsonl`: the metrics after `step` steps. */
export interface MetricsRow {
  readonly step: number;
  readonly [name: string]: JsonValue;
}

/** The writer of `metrics.jsonl`. None of its functions throws: a failure becomes one warning, and training goes on. */
export interface MetricsLog {
  /** Adds a row. It reaches the file with the first row that comes half a second after the last write, or more. */
  log(step: number, metrics: Metrics): void;
  /** Writes what is waiting and makes it durable. */
  flush(): void;
}

const flushMilliseconds = 500;

/** Rows that can't be written wait for the disk to come back, up to this size. */
const maxWaitingBytes = 16 * 2 ** 20;

const nonFinite: ReadonlyMap<JsonValue, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** One line of JSON, without the line feed. NaN and infinities, which JSON lacks, become strings. */
export function encodeRow(step: number, metrics: Metrics): string {
  return JSON.stringify(Object.assign({ step }, metrics, { step }), (_name, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

/**
 * Opens `metrics.jsonl` for appending, after {@link truncateMetrics} has cut it to the step that the run resumes from.
 *
 * @param now milliseconds on any clock that only runs forward.
 */
export function openMetrics(
  fs: FileSystem,
  path: string,
  now: () => number,
  warn: (message: string) => void,
): MetricsLog {
  let lines: string[] = [];
  let waiting = new Uint8Array(0);
  let lastWrite = now();
  let trouble: 'none' | 'waiting' | 'losing' = 'none';

  const report = (kind: 'waiting' | 'losing', message: string): void => {
    if (trouble !== kind && trouble !== 'losing') warn(message);
    if (trouble !== 'losing') trouble = kind;
  };

  const write = (durably: boolean): void => {
    lastWrite = now();
    const added = new TextEncoder().encode(lines.join(''));
    lines = [];
    if (trouble !== 'none' && waiting.length + added.length > maxWaitingBytes) {
      report('losing', `metrics are being lost: too many rows wait to be written: ${path}`);
    } else {
      const joined = new Uint8Array(waiting.length + added.length);
      joined.set(waiting);
      joined.set(added, waiting.length);
      waiting = joined;
    }
    try {
      withFile(fs, path, 'append', (descriptor) => {
        while (waiting.length > 0) waiting = waiting.subarray(fs.write(descriptor, waiting));
        if (durably) fs.fsync(descriptor);
      });
      trouble = 'none';
    } catch (error) {
      report('waiting', `metrics wait in memory: ${reason(error)}: ${path}`);
    }
  };

  return {
    log(step, metrics) {
      try {
        lines.push(`${encodeRow(step, metrics)}\n`);
      } catch (error) {
        warn(`the metrics of step ${step} are left out: ${reason(error)}`);
      }
      if (now() - lastWrite >= flushMilliseconds) write(false);
    },
    flush: () => write(true),
  };
}

const lineFeed = 10;

/**
 * Cuts `metrics.jsonl` after the last row of `step`, together with a last line that a crash left unfinished, so that
 * the file equals that of a run which was never disturbed. Rows are in ascending order of steps; the cut is one system
 * call. A file that is not there yet is made.
 *
 * @throws {UserError} when the file can't be read or shortened.
 */
export function truncateMetrics(fs: FileSystem, path: string, step: number): void {
  explained('cut the metrics back to the checkpoint', path, () => {
    if (fs.kind(path) === 'absent') {
      // The name must be on the disk before the first checkpoint counts on the rows.
      writeFileDurably(fs, path, new Uint8Array(0));
      fs.syncFolder(dirname(path));
      return;
    }
    const bytes = Buffer.from(fs.read(path));
    let end = bytes.lastIndexOf(lineFeed) + 1;
    while (end > 0) {
      const start = end < 2 ? 0 : bytes.lastIndexOf(lineFeed, end - 2) + 1;
      const row = decodeRow(bytes.toString('utf8', start, end));
      if (row !== undefined && row.step <= step) break;
      end = start;
    }
    if (end === bytes.length) return;
    withFile(fs, path, 'modify', (descriptor) => {
      fs.truncate(descriptor, end);
      fs.fsync(descriptor);
    });
  });
}

function decodeRow(line: string): MetricsRow | undefined {
  let parsed: unknown;
  quietly(() => {
    parsed = JSON.parse(line, (_name, value: JsonValue) => nonFinite.get(value) ?? value);
  });
  if (!isObject(parsed)) return undefined;
  const { step, ...metrics } = parsed as Record<string, JsonValue>;
  return typeof step === 'number' ? { step, ...metrics } : undefined;
}

/** Which rows and columns of `metrics.jsonl` to read. */
export interface MetricsFilter {
  /** First and last step, both included. */
  readonly from?: number;
  readonly to?: number;
  /** The metrics wanted; rows with none of them are left out. */
  readonly names?: readonly string[];
  /** Where to start in the file: the `end` of an earlier reading, to get only what is new. */
  readonly start?: number;
}

/**
 * Reads rows of `metrics.jsonl`, also while it is being written: an unfinished last line is left for the next time,
 * and lines that are not rows are left out.
 *
 * @returns the rows, and the byte offset at which the next reading may start.
 * @throws {UserError} when the file can't be read. A file that is not there yet has no rows.
 */
export function readMetrics(
  fs: FileSystem,
  path: string,
  filter: MetricsFilter = {},
): { rows: MetricsRow[]; end: number } {
  const { from = 0, to = Number.POSITIVE_INFINITY, names, start = 0 } = filter;
  if (fs.kind(path) === 'absent') return { rows: [], end: start };
  const bytes = explained('read the metrics', path, () => Buffer.from(fs.read(path, start)));
  const complete = bytes.lastIndexOf(lineFeed) + 1;
  const rows: MetricsRow[] = [];
  for (const line of bytes.toString('utf8', 0, complete).split('\n')) {
    const row = decodeRow(line);
    if (row === undefined || row.step < from || row.step > to) continue;
    const kept = names === undefined ? row : pick(row, names);
    if (kept !== undefined) rows.push(kept);
  }
  return { rows, end: start + complete };
}

function pick(row: MetricsRow, names: readonly string[]): MetricsRow | undefined {
  const entries = Object.entries(row).filter(([name]) => names.includes(name));
  return entries.length === 0 ? undefined : { step: row.step, ...Object.fromEntries(entries) };
}
