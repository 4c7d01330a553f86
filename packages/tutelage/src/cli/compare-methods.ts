import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Interval } from '../assessment/intervals.js';
import { decimal } from '../assessment/wording.js';
import type { AnyMethodFile } from '../claims/method-file.js';
import type { ArmResult } from '../claims/results.js';
import { explained } from '../runs/file-errors.js';
import { interruptible } from '../runs/interrupt.js';
import type { Console } from './console.js';
import { usageError } from './errors.js';
import { kebab } from './flags.js';
import { methodNamed } from './method-named.js';
import { methodSettings } from './method-settings.js';
import { table } from './table.js';

export interface ComparedMethods {
  readonly names: readonly string[];
  readonly data: string;
  /** `key=value`, for all methods that have the parameter: what they share is the budget. */
  readonly set: readonly string[];
  readonly out: string;
  readonly seed: number;
  readonly json: boolean;
}

interface Row extends ArmResult {
  readonly method: string;
  /** Of all that the method did. */
  readonly cpuMinutes: number;
}

/**
 * Teaches by several methods of one task on the same data, with the same settings and seed, and sets what they reached side by side.
 *
 * @throws {UserError} when the methods can't be compared, or one of them can't use the data or the settings
 */
export async function compareMethods(
  { names, data, set, out, seed, json }: ComparedMethods,
  io: Console,
): Promise<void> {
  const files = await Promise.all(names.map(methodNamed));
  checkTask(files);
  checkKeys(files, set);
  const prepared = files.map(({ method, read }) => ({
    method,
    read,
    settings: methodSettings(
      method.params,
      set.filter((word) => hasKey(method.params.shape, word)),
    ),
  }));
  const rows: Row[] = [];
  await interruptible(async (signal) => {
    for (const { method, read, settings } of prepared) {
      if (signal.aborted) break;
      io.say(`${method.id}:`);
      const folder = join(out, method.id);
      explained('make a folder', folder, () => mkdirSync(folder, { recursive: true }));
      const before = process.cpuUsage();
      const { results = [] } = await method.run(await read(data), settings, {
        seed,
        folder,
        signal,
        say: io.say,
      });
      const { user, system } = process.cpuUsage(before);
      const cpuMinutes = (user + system) / 6e7;
      rows.push(...results.map((result) => ({ ...result, method: method.id, cpuMinutes })));
    }
    if (signal.aborted) io.say('interrupted: the figures are of what was done so far');
  });
  if (json) io.print(JSON.stringify(rows));
  else for (const line of comparison(rows)) io.print(line);
}

/** One line an arm; what all methods have alike, such as BM25, is there once. */
function comparison(rows: readonly Row[]): string[] {
  const metrics = [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))];
  const isSame = (a: Row, b: Row) => a.id === b.id && JSON.stringify(a.metrics) === JSON.stringify(b.metrics);
  const distinct = rows.filter((row, i) => rows.findIndex((other) => isSame(row, other)) === i);
  const cells = distinct.map((row) => {
    const isShared = rows.some((other) => other.method !== row.method && isSame(row, other));
    return [
      isShared ? '' : row.method,
      row.title,
      ...metrics.map((name) => {
        const found = row.metrics[name];
        return found ? withInterval(found) : '';
      }),
      row.id === row.method ? decimal(row.cpuMinutes, 1) : '',
    ];
  });
  return table(['method', 'arm', ...metrics.map((name) => `${name} (95 %)`), 'CPU minutes'], cells);
}

function withInterval({ estimate, low, high }: Interval): string {
  const range = Number.isFinite(high - low) ? ` (${decimal(low, 3)} to ${decimal(high, 3)})` : '';
  return `${decimal(estimate, 3)}${range}`;
}

function checkTask(files: readonly AnyMethodFile[]): void {
  const alone = files.find(({ task }) => task === undefined);
  if (alone) throw usageError(`nothing to compare ${alone.method.id} with`, 'it solves a task of its own');
  if (new Set(files.map(({ task }) => task)).size > 1) {
    const tasks = files.map(({ method, task }) => `${method.id} (${task})`);
    throw usageError(`methods of different tasks: ${tasks.join(', ')}`, 'compare methods of one task');
  }
}

function checkKeys(files: readonly AnyMethodFile[], set: readonly string[]): void {
  const unknown = set.find((word) => !files.some(({ method }) => hasKey(method.params.shape, word)));
  if (unknown !== undefined) {
    throw usageError(`--set: no method has this parameter: ${unknown}`, 'see: tutelage show METHOD');
  }
}

function hasKey(shape: Readonly<Record<string, unknown>>, word: string): boolean {
  const key = word.split('=')[0];
  return Object.keys(shape).some((name) => name === key || kebab(name) === key);
}
