import { z } from 'zod';

/** What became of a preset that was tried. */
export const trialSchema = z.object({
  preset: z.string(),
  /** On the validation data, in [0, 1]. */
  accuracy: z.number().min(0).max(1),
  /** Of the parameters in float32. */
  bytes: z.int().nonnegative(),
  /** Median time of an answer to one input. */
  milliseconds: z.number().nonnegative(),
  /** Time that the trial took, interruptions not counted. */
  seconds: z.number().nonnegative(),
  /** Whether the teaching ended before the time was up. */
  finished: z.boolean(),
});

/** A choice among presets, as plain data. */
export const choiceSchema = z.object({
  preset: z.string(),
  trials: z.array(trialSchema),
  /** Presets for which there was no time. */
  untried: z.array(z.string()),
  /** Why this one, in a sentence. */
  reason: z.string(),
});

export type Trial = z.infer<typeof trialSchema>;
export type Choice = z.infer<typeof choiceSchema>;
