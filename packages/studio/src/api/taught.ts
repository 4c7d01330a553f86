import { z } from 'zod';
import { timeSchema, workspacePathSchema } from './common.js';

/** What *Teach with my data* wrote: a folder in `taught/`. */
export const taughtSummarySchema = z.object({
  /** Name of the folder. */
  id: z.string(),
  /** Where the method has said so: none while it is at work for the first time. */
  method: z.string().exactOptional(),
  data: z.string().exactOptional(),
  /** False when it was interrupted: the same job goes on. */
  isWhole: z.boolean().exactOptional(),
  updated: timeSchema,
});
export type TaughtSummary = z.infer<typeof taughtSummarySchema>;

/** `GET /api/taught`, the latest first */
export const taughtListSchema = z.object({ taught: z.array(taughtSummarySchema) });
export type TaughtList = z.infer<typeof taughtListSchema>;

/** `GET /api/taught/:id` */
export const taughtSchema = taughtSummarySchema.extend({
  folder: workspacePathSchema,
  /** The result in words and tables. */
  lines: z.array(z.string()),
  settings: z.record(z.string(), z.unknown()),
  seed: z.int().exactOptional(),
  /** Ids of the students in it. */
  students: z.array(z.string()),
  /** Those of students are at theirs. At `/api/taught/:id/files/PATH`, and the beginnings of those with `isShown` at `/api/taught/:id/shown/PATH`. */
  files: z.array(z.object({ path: z.string(), bytes: z.int(), isShown: z.boolean() })),
});
export type Taught = z.infer<typeof taughtSchema>;

/** `GET /api/taught/:id/shown/PATH`: the beginning of a file, as a table where it is one. */
export const shownFileSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('table'),
    columns: z.array(z.string()),
    rows: z.array(z.array(z.string())),
    /** Whether there is more of it. */
    isCut: z.boolean(),
  }),
  z.object({ kind: z.literal('text'), text: z.string(), isCut: z.boolean() }),
]);
export type ShownFile = z.infer<typeof shownFileSchema>;
