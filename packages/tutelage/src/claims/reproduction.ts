import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { mean } from '../assessment/checks.js';
import { verdict, weakest } from '../assessment/verdict.js';
import type { Part } from '../core/claim.js';
import type { Json } from '../core/curriculum.js';
import { UserError } from '../core/errors.js';
import { given } from '../core/given.js';
import { version } from '../students/version.js';
import { PUBLIC_DATASETS } from '../tasks/datasets/index.js';
import { claimId, type StatedClaim } from './define-claim.js';
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
      /** Further figures by name, one a seed. */
      figures: z.record(z.string(), z.array(z.number())).optional(),
    }),
  ),
  cpuMinutes: z.number(),
});

const verdictSchema = z.enum(['holds', 'does not hold', 'inconclusive']);
const metricSchema = z.object({ name: z.string(), better: z.enum(['higher', 'lower']) });

const partSchema = z.object({
  statement: z.string(),
  verdict: verdictSchema,
  arm: z.string(),
  against: z.string(),
  figure: metricSchema.optional(),
  least: z.number(),
  lead: intervalSchema,
});

const reproductionSchema = z.object({
  method: z.string(),
  experiment: z.string().exactOptional(),
  statement: z.string(),
  /** The weakest of the claim's own comparison and its parts'. */
  verdict: verdictSchema,
  metric: metricSchema,
  arm: z.string(),
  against: z.string(),
  lead: intervalSchema,
  smallestEffect: z.number(),
  parts: z.array(partSchema).optional(),
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
  const { better } = claim.metric;
  const outcomes = (arm: string) => seeds.map((seed) => outcome({ arm, seed }));
  const base = outcomes(claim.against);
  const seconds = claim.arms.flatMap(({ id }) => outcomes(id).map(({ cpuSeconds }) => cpuSeconds));
  return {
    seeds: [...seeds],
    arms: claim.arms.map(({ id, title }) => {
      const own = outcomes(id);
      const differences = own.map(({ value }, i) => value - base[i]!.value);
      const compared = id !== claim.against && seeds.length > 1;
      const names = Object.keys(own[0]!.figures ?? {});
      const figures = names.map((name) => [name, own.map((one) => one.figures![name]!)]);
      const values = own.map(({ value }) => value);
      return {
        id,
        title,
        mean: mean(values),
        ...(compared && { lead: verdict({ better, least: claim.smallestEffect }, differences).lead }),
        values,
        ...(figures.length > 0 && { figures: Object.fromEntries(figures) }),
      };
    }),
    cpuMinutes: Number((seconds.reduce((sum, one) => sum + one, 0) / 60).toFixed(2)),
  };
}

/**
 * Judges the figures of all of a claim's seeds.
 *
 * @throws {RangeError} when a part speaks of a figure that its arms do not give
 */
export function judged(claim: StatedClaim, figures: Figures): Reproduction {
  const { method, experiment, statement, metric, arm, against, smallestEffect, fails, published, budget } =
    claim;
  const compared = (part: Omit<Part, 'statement'>) => {
    const valuesOf = (id: string): readonly number[] => {
      const found = figures.arms.find((one) => one.id === id)!;
      const values = part.figure ? found.figures?.[part.figure.name] : found.values;
      if (!values)
        throw new RangeError(`claim of ${claimId(claim)}: arm ${id} has no figure ${part.figure!.name}`);
      return values;
    };
    const base = valuesOf(part.against);
    const differences = valuesOf(part.arm).map((value, i) => value - base[i]!);
    return verdict({ better: (part.figure ?? metric).better, least: part.least }, differences);
  };
  const own = compared({ arm, against, least: smallestEffect });
  const parts = claim.parts?.map((part) => ({ ...part, ...compared(part) }));
  return {
    method,
    ...given({ experiment }),
    statement,
    verdict: weakest([own, ...(parts ?? [])].map((one) => one.verdict)),
    metric,
    arm,
    against,
    lead: own.lead,
    smallestEffect,
    ...(parts && { parts }),
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
