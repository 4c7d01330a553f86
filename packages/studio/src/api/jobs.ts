import { z } from 'zod';
import { timeSchema, workspacePathSchema } from './common.js';

const settingsSchema = z.record(z.string(), z.union([z.string().max(10_000), z.number(), z.boolean()]));

/** `POST /api/jobs`: what to start. */
export const newJobSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('reproduce'),
    /** Id of the claim. */
    claim: z.string(),
    /** A smoke run of seconds, which is not judged. */
    quick: z.boolean().default(false),
    /** Processes at a time. */
    processes: z.int().min(1).max(64).default(1),
  }),
  z.object({
    kind: z.literal('teach'),
    method: z.string(),
    data: workspacePathSchema,
    seed: z.int().min(0).default(1),
    /** By the method's schema. */
    parameters: settingsSchema.default({}),
  }),
  /** By the schema of `GET /api/distill`; `data` among them, and paths are in the workspace. */
  z.object({ kind: z.literal('distill'), settings: settingsSchema }),
  z.object({ kind: z.literal('resume'), run: z.string().regex(/^[^/\\]+$/) }),
]);
export type NewJob = z.input<typeof newJobSchema>;
export type StartedJob = z.output<typeof newJobSchema>;

export const jobStateSchema = z.enum([
  'starting',
  'running',
  /** Ended by itself, well. */
  'finished',
  /** Was interrupted and has saved: `POST /api/jobs/:id/resume` goes on. */
  'paused',
  /** Was ended by `stop`. */
  'stopped',
  'failed',
  /** The process is gone without a word: killed from outside, or the machine was. */
  'lost',
]);
export type JobState = z.infer<typeof jobStateSchema>;

/** A command at work in a process of its own. */
export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(['reproduce', 'teach', 'distill', 'resume']),
  title: z.string(),
  state: jobStateSchema,
  /** What it teaches by. */
  method: z.string().exactOptional(),
  /** What it reproduces. */
  claim: z.string().exactOptional(),
  /** Id of the run that it trains, as soon as that is known. */
  run: z.string().exactOptional(),
  /** Name of the folder in `taught` that it writes into. */
  taught: z.string().exactOptional(),
  created: timeSchema,
  ended: timeSchema.exactOptional(),
  exitCode: z.int().exactOptional(),
  /** Of a reproduction: trials; of a run: steps. */
  progress: z.object({ done: z.int(), total: z.int() }).exactOptional(),
  secondsLeft: z.number().exactOptional(),
  /** The command line, as a terminal would take it. */
  command: z.string(),
});
export type Job = z.infer<typeof jobSchema>;

/** `GET /api/jobs`, the latest first */
export const jobsSchema = z.object({ jobs: z.array(jobSchema) });
export type Jobs = z.infer<typeof jobsSchema>;

/** `GET /api/jobs/:id/log?from=`: what the command wrote, from a byte offset on, at most 256 kB at a time. */
export const logSchema = z.object({ text: z.string(), end: z.int(), size: z.int() });
export type Log = z.infer<typeof logSchema>;

/** Events of `GET /api/jobs/:id/events`: `job` when it has changed, `log` when something was written. */
export const jobEventSchemas = { job: jobSchema, log: logSchema } as const;
