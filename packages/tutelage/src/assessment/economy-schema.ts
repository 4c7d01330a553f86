import { z } from 'zod';

const count = z.int().nonnegative();
const amount = z.number().nonnegative();

/** What a model weighs and takes. */
export const costsSchema = z.object({
  parameters: count.exactOptional(),
  /** Size of its file. */
  bytes: count.exactOptional(),
  /** Median time for one example on one thread. */
  milliseconds: amount.exactOptional(),
  /** When many come together: of a student on one thread, of a teacher as it was asked. */
  examplesPerSecond: amount.exactOptional(),
  /** Processor time of all threads for 1,000 examples. */
  cpuSecondsPerThousand: amount.exactOptional(),
  /** US dollars for 1,000 examples, where an endpoint bills them. */
  dollarsPerThousand: amount.exactOptional(),
  /** On the clock, over all processes that took part. */
  trainingSeconds: amount.exactOptional(),
  trainingCpuSeconds: amount.exactOptional(),
});

/** What calls to an endpoint came to. */
export const billSchema = z.object({
  /** That the endpoint has run, or may have. */
  calls: count,
  /** As the endpoint counted them. */
  inputTokens: count,
  outputTokens: count,
  /** US dollars, outcomes that are not known at their full price; left out without a known price. */
  dollars: amount.exactOptional(),
});

export const economySchema = z.object({
  teacher: z.object({
    title: z.string(),
    costs: costsSchema,
    /** All that it was ever asked about in the folder of the runs; captured signals are not asked for again. */
    asked: z.object({ examples: count, seconds: amount, cpuSeconds: amount }),
    /** For the examples of this run. */
    bill: billSchema.exactOptional(),
  }),
  /** The teacher's figure in units of the student's, or the reverse, so that more than 1 speaks for the student. */
  timesFaster: amount.exactOptional(),
  timesLessComputing: amount.exactOptional(),
  timesSmaller: amount.exactOptional(),
});

export type Costs = z.infer<typeof costsSchema>;
export type Bill = z.infer<typeof billSchema>;
export type Economy = z.infer<typeof economySchema>;
