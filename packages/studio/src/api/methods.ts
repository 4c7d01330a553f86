import { z } from 'zod';
import { formSchema, roomSchema } from './common.js';
import { reproductionSchema } from './reproductions.js';

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
  /** What the recorded reproduction says beyond its verdict. */
  reading: z.string(),
  claim: z.object({
    statement: z.string(),
    fails: z.string(),
    published: z.string(),
    arms: z.array(z.object({ id: z.string(), title: z.string() })),
    seeds: z.int(),
    /** CPU minutes that it may take. */
    budget: z.number(),
  }),
  /** Of the form *Teach with my data*. */
  parameters: formSchema,
  /** The user's own, if there is one, before the recorded one; its plot is at `/api/methods/:id/plot.svg`. */
  reproductions: z.array(reproductionSchema),
});
export type ShownMethod = z.infer<typeof methodSchema>;

/** `GET /api/methods` */
export const methodsSchema = z.object({ methods: z.array(methodSchema) });
export type ShownMethods = z.infer<typeof methodsSchema>;

/** `GET /api/distill`: the form of a distillation. */
export const distillFormSchema = z.object({ parameters: formSchema });
export type DistillForm = z.infer<typeof distillFormSchema>;
