import { readFileSync } from 'node:fs';
import { z } from 'zod';

const numbers = z.array(z.number());
const table = z.array(numbers);
const byQuery = z.record(z.string(), z.record(z.string(), z.number()));

const schema = z.object({
  classification: z.object({
    classes: numbers,
    logits: table,
    accuracy: z.number(),
    f1: z.object({ macro: z.number(), micro: z.number(), weighted: z.number() }),
    byClass: z.object({ precision: numbers, recall: numbers, f1: numbers, support: numbers }),
    confusion: numbers,
    top: numbers,
    logLoss: z.number(),
    brier: z.number(),
    auc: z.number(),
    temperature: z.number(),
    ece: z.object({ width: z.number(), mass: z.number() }),
    kappa: z.number(),
  }),
  correlation: z.object({
    x: numbers,
    y: numbers,
    pearson: z.number(),
    spearman: z.number(),
    kendall: z.number(),
  }),
  agreement: z.object({
    counts: table,
    fleiss: z.number(),
    ratings: z.array(z.array(z.number().nullable())),
    alpha: z.number(),
  }),
  intervals: z.object({
    wilson: z.array(
      z.object({ successes: z.number(), trials: z.number(), low: z.number(), high: z.number() }),
    ),
    differences: numbers,
    paired: z.tuple([z.number(), z.number()]),
    t: z.array(z.object({ p: z.number(), degrees: z.number(), t: z.number() })),
    normal: z.array(z.object({ p: z.number(), z: z.number() })),
    mcnemar: z.array(z.object({ first: z.number(), second: z.number(), p: z.number() })),
    sample: numbers,
    resampled: numbers,
    bca: z.tuple([z.number(), z.number()]),
  }),
  ranking: z.object({ judgements: byQuery, run: byQuery, measured: byQuery }),
});

/** Expected values by other libraries; see peers/assessment_fixtures.py. */
export const fixtures = schema.parse(
  JSON.parse(readFileSync(new URL('../fixtures/assessment.json', import.meta.url), 'utf8')),
);
