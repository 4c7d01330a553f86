import { z } from 'zod';
import { intervalSchema, verdictSchema } from './common.js';

/** What a claim's experiment found. */
export const reproductionSchema = z.object({
  /** Run in this workspace, or recorded with the method. */
  origin: z.enum(['own', 'recorded']),
  verdict: verdictSchema,
  metric: z.object({ name: z.string(), better: z.enum(['higher', 'lower']) }),
  arm: z.string(),
  against: z.string(),
  lead: intervalSchema,
  /** What the claim says besides; its verdict is the weakest of all. */
  parts: z.array(z.object({ statement: z.string(), verdict: verdictSchema, lead: intervalSchema })),
  seeds: z.int(),
  arms: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      mean: z.number(),
      lead: intervalSchema.exactOptional(),
      values: z.array(z.number()),
    }),
  ),
  cpuMinutes: z.number(),
  version: z.string(),
});
export type ShownReproduction = z.infer<typeof reproductionSchema>;
