import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { mean } from '../assessment/checks.js';
import { verdict } from '../assessment/verdict.js';
import type { Json } from '../core/curriculum.js';
import { UserError } from '../core/errors.js';
import { version } from '../students/version.js';
import { PUBLIC_DATASETS } from '../tasks/datasets/index.js';
import type { StatedClaim } from './define-claim.js';
import type { Outcome, Trial } from './trials.js';

const intervalSchema = z.object({ estimate: z.number(), low: z.number(), high: z.number() });

const figuresSchema = z.object({
  seeds: z.array(z.int()),
  arms: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      mean: z.number(),
      /** Over the arm that the claim compares with; positive is better. */
      lead: intervalSchema.optional(),
      /** One a seed. */
      values: z.array(z.number()),
    }),
  ),
  cpuMinutes: z.number(),
});

const reproductionSchema = z.object({
  method: z.string(),
  statement: z.string(),
  verdict: z.enum(['holds', 'does not hold', 'inconclusive']),
  metric: z.object({ name: z.string(), better: z.enum(['higher', 'lower']) }),
  arm: z.string(),
  against: z.string(),
  lead: intervalSchema,
  smallestEffect: z.number(),
  fails: z.string(),
  published: z.string(),
  ...figuresSchema.shape,
  budget: z.number(),
  settings: z.custom<Json>((value) => value !== undefined),
  /** SHA-256 of each file, by data set and name. */
  data: z.record(z.string(), z.string()),
  version: z.string(),
});

/** What the arms gave over seeds, without a judgement. */
export type Figures = z.infer<typeof figuresSchema>;

/** The record of a claim that was run in full. */
export type Reproduction = z.infer<typeof reproductionSchema>;

/** The figures of some seeds, all of whose trials are done. */
export function figuresOf(
  claim: StatedClaim,
  seeds: readonly number[],
  outcome: (trial: Trial) => Outcome,
): Figures {
  const values = (arm: string) => seeds.map((seed) => outcome({ arm, seed }).value);
  const base = values(claim.against);
  const seconds = claim.arms.flatMap(({ id }) => seeds.map((seed) => outcome({ arm: id, seed }).cpuSeconds));
  return {
    seeds: [...seeds],
    arms: claim.arms.map(({ id, title }) => {
      const own = values(id);
      const differences = own.map((value, i) => value - base[i]!);
      const compared = id !== claim.against && seeds.length > 1;
      return {
        id,
        title,
        mean: mean(own),
        ...(compared && { lead: verdict(claim, differences).lead }),
        values: own,
      };
    }),
    cpuMinutes: Number((seconds.reduce((sum, one) => sum + one, 0) / 60).toFixed(2)),
  };
}

/** Judges the figures of all of a claim's seeds. */
export function judged(claim: StatedClaim, figures: Figures): Reproduction {
  const { method, statement, metric, arm, against, smallestEffect, fails, published, budget } = claim;
  const valuesOf = (id: string) => figures.arms.find((one) => one.id === id)!.values;
  const base = valuesOf(against);
  const found = verdict(
    claim,
    valuesOf(arm).map((value, i) => value - base[i]!),
  );
  return {
    method,
    statement,
    verdict: found.verdict,
    metric,
    arm,
    against,
    lead: found.lead,
    smallestEffect,
    fails,
    published,
    ...figures,
    budget,
    settings: claim.settings,
    data: dataHashes(claim),
    version,
  };
}

/** SHA-256 of the files that a claim reads; they are downloaded or read as these or not at all. */
export function dataHashes({ data }: Pick<StatedClaim, 'data'>): Record<string, string> {
  return Object.fromEntries(
    data.flatMap((set) =>
      Object.entries(PUBLIC_DATASETS[set].files).map(([name, { sha256 }]) => [`${set}/${name}`, sha256]),
    ),
  );
}

/**
 * Reads the record of a reproduction.
 *
 * @throws {UserError} when it can't be read
 */
export function readReproduction(path: string): Reproduction {
  try {
    return reproductionSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new UserError(`not a readable reproduction: ${path}`, { cause });
  }
}
