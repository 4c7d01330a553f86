import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { writeFileAtomic } from '../runs/atomic.js';
import { explained } from '../runs/file-errors.js';
import { nodeFileSystem as fs } from '../runs/file-system.js';
import { acquireLock } from '../runs/lock.js';
import type { Progress } from '../runs/progress.js';
import { version } from '../students/version.js';
import { claimId, type StatedClaim } from './define-claim.js';
import { openTrialJournal } from './journal.js';
import { dataHashes, type Figures, figuresOf, judged, type Reproduction } from './reproduction.js';
import { type Execute, executeHere, interleaved, type Outcome, outcomeSchema, runTrials } from './trials.js';

export interface ReproduceOptions {
  /** Where `ID.json` and `ID.svg` are written; what is under way is in `ID.partial`. */
  readonly folder: string;
  /** So many of the claim's seeds, from the first: without all of them nothing is judged. */
  readonly seeds?: number;
  /** Trials at a time. */
  readonly jobs: number;
  readonly execute: Execute;
  /** Draws the result as SVG. */
  readonly plot: (reproduction: Reproduction) => string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export type ReproduceResult =
  | { readonly outcome: 'judged'; readonly reproduction: Reproduction; readonly path: string }
  /** Some seeds only; their outcomes are kept for the rest. */
  | { readonly outcome: 'unjudged'; readonly figures: Figures }
  | { readonly outcome: 'interrupted'; readonly done: number; readonly total: number };

/**
 * Runs a claim's arms, interleaved and paired by seed, and judges it when all seeds are done. Each outcome is durable as soon as
 * it is there: after an interruption or a kill, the same call goes on with what is missing.
 *
 * @throws {UserError} when another process is at it, or files can't be read or written
 */
export async function reproduce(claim: StatedClaim, options: ReproduceOptions): Promise<ReproduceResult> {
  const { folder, execute, jobs, progress, signal } = options;
  const seeds = claim.seeds.slice(0, checkedSeeds(claim, options.seeds));
  const work = join(folder, `${claimId(claim)}.partial`);
  explained('make the folder of the reproduction', work, () => mkdirSync(work, { recursive: true }));
  const lock = acquireLock(fs, work);
  try {
    const path = join(work, 'outcomes.jsonl');
    const journal = openTrialJournal(fs, path, {
      facts: { fingerprint: fingerprintOf(claim) },
      outcome: outcomeSchema,
      otherwise: () =>
        new UserError(`these outcomes are of another version of the experiment: ${path}`, {
          hint: 'delete the file to begin anew',
        }),
    });
    const trials = interleaved(claim.arms, seeds);
    const missing = trials.filter((trial) => journal.find(trial) === undefined);
    let done = trials.length - missing.length;
    progress.start(done, trials.length);
    try {
      const onOutcome = (trial: { arm: string; seed: number }, outcome: Outcome): void => {
        journal.add(trial, outcome);
        done++;
        progress.step(done, {});
      };
      await runTrials(missing, { execute, jobs, signal, onOutcome });
    } finally {
      progress.stop();
    }
    if (done < trials.length) return { outcome: 'interrupted', done, total: trials.length };
    const figures = figuresOf(claim, seeds, (trial) => journal.find(trial)!);
    if (seeds.length < claim.seeds.length) return { outcome: 'unjudged', figures };
    const reproduction = judged(claim, figures);
    const record = join(folder, `${claimId(claim)}.json`);
    writeFileAtomic(fs, join(folder, `${claimId(claim)}.svg`), options.plot(reproduction));
    writeFileAtomic(fs, record, `${JSON.stringify(reproduction, undefined, 2)}\n`);
    fs.remove(work);
    return { outcome: 'judged', reproduction, path: record };
  } finally {
    lock.release();
  }
}

const quickSeeds = 2;

/** A smoke run: two seeds of the quick arms. It reads and writes no record, and what it returns can't be judged. */
export async function smokeRun(
  claim: StatedClaim,
  { progress, signal }: Pick<ReproduceOptions, 'progress' | 'signal'>,
): Promise<Figures | undefined> {
  const seeds = claim.seeds.slice(0, quickSeeds);
  const outcomes = new Map<string, Outcome>();
  const trials = interleaved(claim.quickArms, seeds);
  progress.start(0, trials.length);
  try {
    await runTrials(trials, {
      execute: executeHere(claim.quickArms),
      jobs: 1,
      signal,
      onOutcome({ arm, seed }, outcome) {
        outcomes.set(`${seed} ${arm}`, outcome);
        progress.step(outcomes.size, {});
      },
    });
  } finally {
    progress.stop();
  }
  if (outcomes.size < trials.length) return undefined;
  return figuresOf(claim, seeds, ({ arm, seed }) => outcomes.get(`${seed} ${arm}`)!);
}

function checkedSeeds(claim: StatedClaim, seeds = claim.seeds.length): number {
  if (seeds <= claim.seeds.length) return seeds;
  throw new UserError(`more seeds than the claim states: ${seeds}; it states ${claim.seeds.length}`);
}

/** Of all that an outcome depends on, as far as the claim can say. */
function fingerprintOf(claim: StatedClaim): string {
  const { metric, settings, arms } = claim;
  const facts = [claimId(claim), metric, settings, arms.map(({ id }) => id), dataHashes(claim), version];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
