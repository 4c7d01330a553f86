import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { openTrialJournal } from '../claims/journal.js';
import type { Trial } from '../claims/trials.js';
import { UserError } from '../core/errors.js';
import { explained } from '../runs/file-errors.js';
import { nodeFileSystem as fs } from '../runs/file-system.js';
import { differences, type Facts } from '../runs/journal.js';
import { acquireLock } from '../runs/lock.js';
import { version } from '../students/version.js';

export interface OwnTrialsOptions<T extends object> {
  /** The method's; outcomes are kept in `trials` in it. */
  readonly folder: string;
  /** All that outcomes depend on beside arm and seed: the data's hash and the parameters, but not how many seeds there are. */
  readonly facts: Facts;
  readonly outcome: z.ZodType<T>;
  /** Runs a trial. What it writes elsewhere is written again when it is killed before it ends. */
  readonly run: (trial: Trial) => Promise<T>;
  readonly signal: AbortSignal;
}

/**
 * Runs a method's trials on the user's own data, one after the other. Each outcome is durable as soon as it is there: after an
 * interruption or a kill, the same call goes on with what is missing.
 *
 * @returns what is done, in the order of the trials: all of them unless `signal` was aborted
 * @throws {UserError} when the folder holds trials of other data, parameters or versions, or is in use, when files can't be read or
 *   written, and where an outcome is none, such as an accuracy that is no number
 */
export async function runOwnTrials<T extends object>(
  trials: readonly Trial[],
  { folder, facts, outcome, run, signal }: OwnTrialsOptions<T>,
): Promise<(Trial & T)[]> {
  const work = join(folder, 'trials');
  explained('make the folder of the trials', work, () => mkdirSync(work, { recursive: true }));
  const lock = acquireLock(fs, work);
  try {
    const now = { ...facts, version };
    const otherwise = (others: Facts): UserError =>
      new UserError(`these trials are of other data or parameters: ${work}`, {
        detail: differences(others, now).join('\n'),
        hint: 'choose another folder (--out), or delete this one to begin anew',
      });
    const journal = openTrialJournal(fs, join(work, 'outcomes.jsonl'), { facts: now, outcome, otherwise });
    for (const trial of trials) {
      if (journal.find(trial) !== undefined) continue;
      const found = signal.aborted ? undefined : await unlessAborted(run(trial), signal);
      if (found === undefined) break;
      const checked = outcome.safeParse(found);
      if (!checked.success) {
        const [issue] = checked.error.issues;
        throw new UserError(`no result: ${trial.arm}, seed ${trial.seed}`, {
          detail: `${issue!.path.join('.')}: ${issue!.message}`,
        });
      }
      journal.add(trial, checked.data);
    }
    return trials.flatMap((trial) => {
      const found = journal.find(trial);
      return found === undefined ? [] : [{ ...trial, ...found }];
    });
  } finally {
    lock.release();
  }
}

/** A result, unless work was told to stop before it was there: then how it ended says nothing. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    const result = await work;
    return signal.aborted ? undefined : result;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
