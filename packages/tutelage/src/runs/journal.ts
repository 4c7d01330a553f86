import { z } from 'zod';
import type { Json } from '../core/curriculum.js';
import { UserError } from '../core/errors.js';
import { withFile, writeAll, writeFileAtomic } from './atomic.js';
import { explained } from './file-errors.js';
import type { FileSystem } from './file-system.js';

/** What records depend on, by name. */
export type Facts = Readonly<Record<string, Json>>;

const factsSchema = z.record(z.string(), z.json());

/** Records in a file, one a line after a first line of facts. */
export interface Journal<T> {
  /** In the order in which they were added. */
  readonly records: readonly T[];
  /** Adds a record; it is on the disk when this returns. */
  add(record: T): void;
}

/**
 * Opens a journal, or makes it. What a killed process wrote in part is cut off.
 *
 * @param options.facts all that the records depend on
 * @param options.record schema of a record, an object
 * @param options.otherwise the error for a journal whose facts are `others`
 * @throws {UserError} when its facts are others, it is damaged, or can't be read or written
 */
export function openJournal<T extends object>(
  fs: FileSystem,
  path: string,
  options: {
    readonly facts: Facts;
    readonly record: z.ZodType<T>;
    readonly otherwise: (others: Facts) => UserError;
  },
): Journal<T> {
  const facts = JSON.stringify(options.facts);
  if (fs.kind(path) === 'absent') writeFileAtomic(fs, path, `${facts}\n`);
  const bytes = explained('read what was recorded', path, () => Buffer.from(fs.read(path)));
  const end = bytes.lastIndexOf('\n') + 1;
  if (end < bytes.length) {
    explained('cut off an unfinished record', path, () =>
      withFile(fs, path, 'modify', (descriptor) => {
        fs.truncate(descriptor, end);
        fs.fsync(descriptor);
      }),
    );
  }
  const [head, ...lines] = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
  if (head !== facts) throw options.otherwise(parsed(factsSchema, head ?? '', path, 1));
  const records = lines.map((line, i) => parsed(options.record, line, path, i + 2));
  return {
    records,
    add(record) {
      explained('keep a record', path, () =>
        withFile(fs, path, 'append', (descriptor) => {
          writeAll(fs, descriptor, new TextEncoder().encode(`${JSON.stringify(record)}\n`));
          fs.fsync(descriptor);
        }),
      );
      records.push(record);
    },
  };
}

/** What differs between the facts of a journal and those of now, a line each. */
export function differences(others: Facts, now: Facts): string[] {
  const names = [...new Set([...Object.keys(others), ...Object.keys(now)])];
  return names
    .map((name) => ({ name, there: JSON.stringify(others[name]), here: JSON.stringify(now[name]) }))
    .filter(({ there, here }) => there !== here)
    .map(({ name, there = 'nothing', here = 'nothing' }) => `${name}: ${there} there, ${here} now`);
}

function parsed<T>(schema: z.ZodType<T>, line: string, path: string, number: number): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    throw new UserError(`damaged outcome: ${path}:${number}`, { hint: 'delete the line to run it again' });
  }
}
