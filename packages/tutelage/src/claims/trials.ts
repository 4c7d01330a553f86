import { z } from 'zod';
import type { Arm } from '../core/claim.js';
import { UserError } from '../core/errors.js';

/** One arm with one seed. */
export interface Trial {
  readonly arm: string;
  readonly seed: number;
}

export const outcomeSchema = z
  .object({
    value: z.number(),
    /** Further figures by name. */
    figures: z.record(z.string(), z.number()).readonly().exactOptional(),
    cpuSeconds: z.number(),
  })
  .readonly();

/** What a trial gave, and what it cost. */
export type Outcome = z.infer<typeof outcomeSchema>;

/** Runs a trial: in this process or in another. */
export type Execute = (trial: Trial, signal: AbortSignal) => Promise<Outcome>;

/** Seed by seed, all arms of each: a drift of the machine, or an early end, meets all arms alike. */
export function interleaved(arms: readonly Pick<Arm, 'id'>[], seeds: readonly number[]): Trial[] {
  return seeds.flatMap((seed) => arms.map(({ id }) => ({ arm: id, seed })));
}

/** Runs trials of some arms in this process, one at a time, and measures the processor time of each. */
export function executeHere(arms: readonly Arm[]): Execute {
  return async ({ arm, seed }, signal) => {
    const before = process.cpuUsage();
    const measured = await arms.find(({ id }) => id === arm)!.run(seed, signal);
    const { user, system } = process.cpuUsage(before);
    const cpuSeconds = (user + system) / 1e6;
    return typeof measured === 'number' ? { value: measured, cpuSeconds } : { ...measured, cpuSeconds };
  };
}

/**
 * Runs trials in their order, several at a time, until all are done or `signal` is aborted; those under way are given up then.
 * The first that fails stops the others.
 *
 * @param onOutcome called after each trial, never for two at once
 * @throws what a trial throws, and {@link UserError} where its metric is not a number
 */
export async function runTrials(
  trials: readonly Trial[],
  options: {
    readonly execute: Execute;
    readonly jobs: number;
    readonly signal: AbortSignal;
    readonly onOutcome: (trial: Trial, outcome: Outcome) => void;
  },
): Promise<void> {
  const { execute, jobs, onOutcome } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const waiting = trials.values();
  const lane = async (): Promise<void> => {
    for (const trial of waiting) {
      if (signal.aborted) return;
      const outcome = await execute(trial, signal);
      if (signal.aborted) return;
      for (const value of [outcome.value, ...Object.values(outcome.figures ?? {})]) {
        if (Number.isFinite(value)) continue;
        throw new UserError(`no result: arm ${trial.arm}, seed ${trial.seed}: ${value}`);
      }
      onOutcome(trial, outcome);
    }
  };
  const guarded = async (): Promise<void> => {
    try {
      await lane();
    } catch (error) {
      // A trial that ends by an error because it was told to stop has not failed.
      if (!signal.aborted) {
        failed.abort();
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: jobs }, guarded));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}
