import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { withFile, writeAll, writeFileAtomic } from '../runs/atomic.js';
import { explained } from '../runs/file-errors.js';
import type { FileSystem } from '../runs/file-system.js';
import type { Outcome, Trial } from './trials.js';

const headSchema = z.object({ fingerprint: z.string() });

const recordSchema = z.object({
  arm: z.string(),
  seed: z.int(),
  value: z.number(),
  figures: z.record(z.string(), z.number()).exactOptional(),
  cpuSeconds: z.number(),
});

/** The outcomes of trials so far. */
export interface Journal {
  find(trial: Trial): Outcome | undefined;
  /** Adds an outcome; it is on the disk when this returns. */
  add(trial: Trial, outcome: Outcome): void;
}

/**
 * Opens the journal of an experiment, or makes it. What a killed process wrote in part is cut off.
 *
 * @param fingerprint of all that the outcomes depend on
 * @throws {UserError} when it belongs to another experiment, is damaged, or can't be read or written
 */
export function openJournal(fs: FileSystem, path: string, fingerprint: string): Journal {
  if (fs.kind(path) === 'absent') writeFileAtomic(fs, path, `${JSON.stringify({ fingerprint })}\n`);
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
  if (parsed(headSchema, head ?? '', path, 1).fingerprint !== fingerprint) {
    throw new UserError(`these outcomes are of another version of the experiment: ${path}`, {
      hint: 'delete the file to begin anew',
    });
  }
  const outcomes = new Map<string, Outcome>();
  lines.forEach((line, i) => {
    const { arm, seed, ...outcome } = parsed(recordSchema, line, path, i + 2);
    outcomes.set(keyOf({ arm, seed }), outcome);
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
