import { z } from 'zod';

/** What every failed request answers. */
export const problemSchema = z.object({
  error: z.object({
    message: z.string(),
    /** What was found. */
    detail: z.string().exactOptional(),
    /** What to do about it. */
    hint: z.string().exactOptional(),
  }),
});
export type Problem = z.infer<typeof problemSchema>;

/** A day, such as 2025-12-09. */
export const daySchema = z.iso.date();

/** A time: ISO 8601, UTC. */
export const timeSchema = z.iso.datetime();

/** A path in the workspace, with forward slashes. */
export const workspacePathSchema = z
  .string()
  .min(1)
  .max(1024)
  .describe('path in the workspace, such as uploads/tickets.csv');

export const intervalSchema = z.object({ estimate: z.number(), low: z.number(), high: z.number() });

/** A figure on test data, with its 95 % interval where it has one. */
export const figureSchema = z.object({
  name: z.string(),
  value: z.number(),
  low: z.number().exactOptional(),
  high: z.number().exactOptional(),
});
export type Figure = z.infer<typeof figureSchema>;

export const verdictSchema = z.enum(['holds', 'does not hold', 'inconclusive']);
export type Verdict = z.infer<typeof verdictSchema>;

export const roomSchema = z.enum([
  'distillation',
  'retrieval',
  'curricula',
  'alignment',
  'reasoning',
  'data',
  'dialogue',
  'learners',
]);

/** JSON Schema (draft 2020-12) of a form: an object whose properties have `description`, `default`, `enum`, `minimum`, ... */
export const formSchema = z.record(z.string(), z.unknown());
export type FormSchema = z.infer<typeof formSchema>;

/** `GET /api/status` */
export const studioStatusSchema = z.object({
  version: z.string(),
  /** Name of the workspace's folder. */
  workspace: z.string(),
  papers: z.int(),
  runs: z.int(),
  jobsRunning: z.int(),
  /** Whether a mail server is set; without one digests are written to `.studio/outbox`. */
  mail: z.boolean(),
});
export type StudioStatus = z.infer<typeof studioStatusSchema>;
