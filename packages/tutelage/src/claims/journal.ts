import { z } from 'zod';
import type { Json } from '../core/curriculum.js';
import { UserError } from '../core/errors.js';
import { withFile, writeAll, writeFileAtomic } from '../runs/atomic.js';
import { explained } from '../runs/file-errors.js';
import type { FileSystem } from '../runs/file-system.js';
import type { Trial } from './trials.js';

/** What outcomes depend on, by name. */
export type Facts = Readonly<Record<string, Json>>;

const factsSchema = z.record(z.string(), z.json());

const trialSchema = z.object({ arm: z.string(), seed: z.int() });

/** The outcomes of trials so far. */
export interface Journal<T> {
  find(trial: Trial): T | undefined;
  /** Adds an outcome; it is on the disk when this returns. */
  add(trial: Trial, outcome: T): void;
}

/**
 * Opens the journal of an experiment, or makes it. What a killed process wrote in part is cut off.
 *
 * @param options.facts all that the outcomes depend on
 * @param options.outcome schema of an outcome, an object
 * @param options.otherwise the error for a journal whose facts are `others`
 * @throws {UserError} when it belongs to another experiment, is damaged, or can't be read or written
 */
export function openJournal<T extends object>(
  fs: FileSystem,
  path: string,
  options: {
    readonly facts: Facts;
    readonly outcome: z.ZodType<T>;
    readonly otherwise: (others: Facts) => UserError;
  },
): Journal<T> {
  const facts = JSON.stringify(options.facts);
  if (fs.kind(path) === 'absent') writeFileAtomic(fs, path, `${facts}\n`);
  const bytes = explained('read the outcomes so far', path, () => Buffer.from(fs.read(path)));
  const end = bytes.lastIndexOf('\n') + 1;
  if (end < bytes.length) {
    explained('cut off an unfinished outcome', path, () =>
      withFile(fs, path, 'modify', (descriptor) => {
        fs.truncate(descriptor, end);
        fs.fsync(descriptor);
      }),
    );
  }
  const [head, ...lines] = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
  if (head !== facts) throw options.otherwise(parsed(factsSchema, head ?? '', path, 1));
  const outcomes = new Map<string, T>();
  lines.forEach((line, i) => {
    const trial = parsed(trialSchema, line, path, i + 2);
    outcomes.set(keyOf(trial), parsed(options.outcome, line, path, i + 2));
  });
  return {
    find: (trial) => outcomes.get(keyOf(trial)),
    add(trial, outcome) {
      explained('keep an outcome', path, () =>
        withFile(fs, path, 'append', (descriptor) => {
          writeAll(fs, descriptor, new TextEncoder().encode(`${JSON.stringify({ ...trial, ...outcome })}\n`));
          fs.fsync(descriptor);
        }),
      );
      outcomes.set(keyOf(trial), outcome);
    },
  };
}

function keyOf({ arm, seed }: Trial): string {
  return `${seed} ${arm}`;
}

function parsed<T>(schema: z.ZodType<T>, line: string, path: string, number: number): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    throw new UserError(`damaged outcome: ${path}:${number}`, { hint: 'delete the line to run it again' });
  }
}
