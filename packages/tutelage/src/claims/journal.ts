import { z } from 'zod';
import type { UserError } from '../core/errors.js';
import type { FileSystem } from '../runs/file-system.js';
import { type Facts, openJournal } from '../runs/journal.js';
import type { Trial } from './trials.js';

const trialSchema = z.object({ arm: z.string(), seed: z.int() });

/** The outcomes of trials so far. */
export interface TrialJournal<T> {
  find(trial: Trial): T | undefined;
  /** Adds an outcome; it is on the disk when this returns. */
  add(trial: Trial, outcome: T): void;
}

/**
 * Opens the journal of an experiment, or makes it.
 *
 * @param options.facts all that the outcomes depend on
 * @param options.outcome schema of an outcome, an object
 * @param options.otherwise the error for a journal whose facts are `others`
 * @throws {UserError} when it belongs to another experiment, is damaged, or can't be read or written
 */
export function openTrialJournal<T extends object>(
  fs: FileSystem,
  path: string,
  options: {
    readonly facts: Facts;
    readonly outcome: z.ZodType<T>;
    readonly otherwise: (others: Facts) => UserError;
  },
): TrialJournal<T> {
  const { facts, outcome, otherwise } = options;
  const record = z.intersection(trialSchema, outcome);
  const journal = openJournal(fs, path, { facts, record, otherwise });
  const outcomes = new Map(journal.records.map((one) => [keyOf(one), outcome.parse(one)]));
  return {
    find: (trial) => outcomes.get(keyOf(trial)),
    add(trial, found) {
      journal.add({ ...trial, ...found });
      outcomes.set(keyOf(trial), found);
    },
  };
}

function keyOf({ arm, seed }: Trial): string {
  return `${seed} ${arm}`;
}
