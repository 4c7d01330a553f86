import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { UserError } from '../core/errors.js';
import { writeError } from './lines.js';

/** A row that was left out, one line of `rejected.jsonl`. */
export interface RejectedRow {
  /** Name of the file within the data set. */
  readonly source: string;
  readonly row: number;
  readonly reason: string;
  /** Beginning of what the row holds. */
  readonly raw: string;
}

export interface RejectSummary {
  readonly total: number;
  readonly byReason: ReadonlyMap<string, number>;
  /** The first few. */
  readonly first: readonly RejectedRow[];
  /** Where all of them are written, if they are and there is any. */
  readonly path: string | undefined;
}

export interface RejectLog {
  add(row: RejectedRow): void;
  /** Writes what is left and closes the file. */
  close(): RejectSummary;
}

const RAW_CHARACTERS = 300;
const SHOWN = 5;
const BUFFER_CHARACTERS = 1 << 16;
const MAX_REASONS = 100;

/**
 * Collects rejected rows: counts by reason, and all of them in a JSON lines file if a path is given. A file left there
 * by an earlier reading is removed, and a new one is made at the first rejection.
 *
 * @throws UserError, also from the log's functions, if the file can't be written
 */
export function openRejectLog(path?: string): RejectLog {
  const byReason = new Map<string, number>();
  const first: RejectedRow[] = [];
  let total = 0;
  let file: number | undefined;
  let buffer = '';
  if (path !== undefined) writing(path, () => rmSync(path, { force: true }));

  const write = (): void => {
    if (path === undefined || buffer === '') return;
    writing(path, () => {
      file ??= openSync(path, 'w');
      writeSync(file, buffer);
    });
    buffer = '';
  };

  return {
    add(rejected) {
      const row = { ...rejected, raw: rejected.raw.slice(0, RAW_CHARACTERS) };
      const reason = byReason.has(row.reason) || byReason.size < MAX_REASONS ? row.reason : 'other';
      byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
      total++;
      if (first.length < SHOWN) first.push(row);
      if (path === undefined) return;
      buffer += `${JSON.stringify(row)}\n`;
      if (buffer.length > BUFFER_CHARACTERS) write();
    },
    close() {
      write();
      if (file !== undefined) closeSync(file);
      return { total, byReason, first, path: file === undefined ? undefined : path };
    },
  };
}

function writing(path: string, action: () => void): void {
  try {
    action();
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** What is wrong with the first few rows, a line each, where none is left. */
export function whyNone({ first }: RejectSummary): string {
  return first.map(({ row, reason }) => `row ${row}: ${reason}`).join('\n') || 'the file is empty';
}

/**
 * @param rows all rows, the rejected ones among them
 * @param limit the greatest share of rejected rows to put up with, in [0, 1]
 * @throws UserError if more are rejected
 */
export function checkRejected(summary: RejectSummary, rows: number, limit: number): void {
  if (summary.total <= rows * limit) return;
  const share = ((100 * summary.total) / rows).toFixed(1);
  const reasons = [...summary.byReason].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
  const encoding = summary.byReason.has('not valid UTF-8');
  throw new UserError(
    `too many rows can't be used: ${summary.total} of ${rows} (${share} %, limit ${100 * limit} %)`,
    {
      detail: [
        ...reasons.map(([reason, count]) => `  ${count} x ${reason}`),
        ...summary.first.map(({ source, row, raw }) => `  ${source}, row ${row}: ${raw.slice(0, 100)}`),
        ...(summary.path === undefined ? [] : [`all are in ${summary.path}`]),
      ].join('\n'),
      hint: encoding
        ? 'convert the file, for instance with: iconv -f WINDOWS-1252 -t UTF-8 IN > OUT'
        : 'mend these rows, check which columns were chosen, or raise the limit',
    },
  );
}
