import { z } from 'zod';
import { formSchema, roomSchema } from './common.js';
import { reproductionSchema } from './reproductions.js';

/** An experiment stated before it is run. */
export const claimSchema = z.object({
  /** The method's id for its first claim, and that with a name after it for others. */
  id: z.string(),
  statement: z.string(),
  fails: z.string(),
  published: z.string(),
  /** What its recorded reproduction says beyond the verdict. */
  reading: z.string(),
  arms: z.array(z.object({ id: z.string(), title: z.string() })),
  seeds: z.int(),
  /** CPU minutes that it may take. */
  budget: z.number(),
  /** The user's own, if there is one, before the recorded one; the first one's plot is at `/api/claims/:id/plot.svg`. */
  reproductions: z.array(reproductionSchema),
});
export type ShownClaim = z.infer<typeof claimSchema>;

export const methodSchema = z.object({
  id: z.string(),
  room: roomSchema,
  /** What it is for, in a sentence. */
  teaches: z.string(),
  /** `id` is the paper's in `/api/papers/:id`. */
  paper: z.object({ id: z.string(), title: z.string(), year: z.int(), card: z.int() }),
  /** What the user's data must be. */
  data: z.string(),
  cost: z.string(),
  /** Of the form *Teach with my data*. */
  parameters: formSchema,
  /** At least one; the first gives the paper its verdict. */
  claims: z.array(claimSchema),
});
export type ShownMethod = z.infer<typeof methodSchema>;

/** `GET /api/methods` */
export const methodsSchema = z.object({ methods: z.array(methodSchema) });
export type ShownMethods = z.infer<typeof methodsSchema>;

/** `GET /api/distill`: the form of a distillation. */
export const distillFormSchema = z.object({
  parameters: formSchema,
  /** What can be taught, from the smallest of each purpose to the largest. */
  students: z.array(z.object({ id: z.string(), description: z.string() })),
});
export type DistillForm = z.infer<typeof distillFormSchema>;
