import { z } from 'zod';
import { choiceSchema } from './choice-schema.js';

export const share = z.number().min(0).max(1);
export const count = z.int().nonnegative();
export const interval = z.object({ estimate: z.number(), low: z.number(), high: z.number() });

const learningCurve = z.object({
  arm: z.string(),
  metric: z.string(),
  points: z.array(z.tuple([z.number(), z.number()]).readonly()).readonly(),
});

/** Where the data and the models come from: what the caller knows and the report shows. */
export const reportContext = z.object({
  title: z.string(),
  sizes: z.object({ train: count, validation: count, test: count }),
  /** What the reader should know of the data before trusting a result. */
  warnings: z.array(z.string()),
  rejected: z.object({
    total: count,
    reasons: z.array(z.object({ reason: z.string(), count })),
    path: z.string().exactOptional(),
  }),
  curves: z.array(learningCurve),
  /** How the student was chosen, where it was not named. */
  choice: choiceSchema.exactOptional(),
  reproduce: z.object({
    command: z.string(),
    seed: z.int(),
    versions: z.record(z.string(), z.string()),
    /** SHA-256 of data and models, by name. */
    hashes: z.record(z.string(), z.string()),
  }),
});

export type ReportContext = z.infer<typeof reportContext>;
