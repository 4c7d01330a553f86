import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Runs } from '../runs/runs.js';
import type { Order } from './job-folder.js';

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly secondsLeft?: number | undefined;
}

/** How far a job is: of a run, its steps; of a reproduction, its trials. Undefined where there is nothing to count. */
export function progressOf(
  { claim, trials, created }: Order,
  run: string | undefined,
  { runs, reproductions, now }: { readonly runs: Runs; readonly reproductions: string; readonly now: Date },
): Progress | undefined {
  if (run !== undefined) return runProgress(runs, run);
  if (trials === undefined || claim === undefined) return undefined;
  const done = trialsDone(reproductions, claim);
  if (done === undefined) return undefined;
  const fresh = done - trials.before;
  const seconds = (now.getTime() - Date.parse(created)) / 1000;
  return {
    done,
    total: trials.total,
    ...(fresh > 0 && { secondsLeft: (seconds / fresh) * (trials.total - done) }),
  };
}

function runProgress(runs: Runs, run: string): Progress | undefined {
  try {
    const { step, total, secondsLeft } = runs.summary(run);
    return { done: step, total, secondsLeft };
  } catch {
    // The run was deleted.
    return undefined;
  }
}

/** Trials of a claim that are done so far; undefined when its reproduction has not begun, or has ended. */
export function trialsDone(reproductions: string, claim: string): number | undefined {
  try {
    const journal = readFileSync(join(reproductions, `${claim}.partial`, 'outcomes.jsonl'), 'utf8');
    // A line of facts, and one for each trial.
    return journal.split('\n').length - 2;
  } catch {
    return undefined;
  }
}
