import { z } from 'zod';
import { figureSchema, timeSchema } from './common.js';

export const runStateSchema = z.enum(['created', 'running', 'paused', 'finished', 'failed']);

export const runSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  state: runStateSchema,
  step: z.int(),
  /** 0 if not known yet. */
  total: z.int(),
  started: timeSchema,
  updated: timeSchema,
  /** Why it failed. */
  message: z.string().exactOptional(),
  secondsLeft: z.number().exactOptional(),
  /** The numbers of the last row of metrics. */
  last: z.record(z.string(), z.number()),
  /** When it is finished: the figure that counts. */
  result: figureSchema.exactOptional(),
  hasStudent: z.boolean(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

/** `GET /api/runs`: all conditions hold. */
export const runQuerySchema = z.object({
  /** Words in the id, the name or the configuration's values. */
  q: z.string().max(200).optional(),
  state: runStateSchema.optional(),
  sort: z.enum(['started', 'updated', 'result', 'name']).default('started'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  offset: z.coerce.number().int().min(0).default(0),
});
export type RunQuery = z.infer<typeof runQuerySchema>;

export const runPageSchema = z.object({ runs: z.array(runSummarySchema), total: z.int() });
export type RunPage = z.infer<typeof runPageSchema>;

/** What is taught within a run besides its student: each has metrics of its own. */
export const runPartSchema = z.enum(['teacher', 'alone']);

/** `GET /api/runs/:id` */
export const runSchema = runSummarySchema.extend({
  config: z.record(z.string(), z.unknown()),
  parts: z.array(runPartSchema),
  /** Names of the metrics that are numbers. */
  metrics: z.array(z.string()),
  /** Whether `/api/runs/:id/report` has a page to show. */
  hasReport: z.boolean(),
  /** The latest job that worked on it. */
  job: z.string().exactOptional(),
});
export type ShownRun = z.infer<typeof runSchema>;

/** `GET /api/runs/:id/metrics` */
export const metricsQuerySchema = z.object({
  part: runPartSchema.optional(),
  /** Separated by commas; all if not given. */
  names: z.string().max(2000).optional(),
  /** Most points of one series. */
  points: z.coerce.number().int().min(10).max(5000).default(500),
  from: z.coerce.number().int().min(0).optional(),
  to: z.coerce.number().int().min(0).optional(),
});
export type MetricsQuery = z.infer<typeof metricsQuerySchema>;

/** One metric over the steps. Of each stretch of steps its lowest and its highest point are kept. */
export const seriesSchema = z.object({
  name: z.string(),
  steps: z.array(z.int()),
  /** null for what is no number: NaN or an infinity. */
  values: z.array(z.number().nullable()),
  /** Points before thinning. */
  count: z.int(),
});
export type Series = z.infer<typeof seriesSchema>;

export const metricsSchema = z.object({
  series: z.array(seriesSchema),
  /** Byte offset in the metrics at which the events go on: `/api/runs/:id/events?from=`. */
  end: z.int(),
});
export type ShownMetrics = z.infer<typeof metricsSchema>;

/** `GET /api/runs/:id/events`: the same `part` and `names`, from where the metrics ended. */
export const runEventsQuerySchema = z.object({
  part: runPartSchema.optional(),
  names: z.string().max(2000).optional(),
  points: z.coerce.number().int().min(10).max(5000).default(500),
  from: z.coerce.number().int().min(0).default(0),
});

/**
 * Events of `GET /api/runs/:id/events`: `run` when it has changed, `metrics` with the new points (thinned when they are many),
 * `reset` when the run was taken back to a checkpoint: read the metrics anew.
 */
export const runEventSchemas = {
  run: runSummarySchema,
  metrics: metricsSchema,
  reset: z.object({}),
} as const;

/** `GET /api/compare?runs=a,b` */
export const compareQuerySchema = z.object({
  runs: z.string().max(20_000),
  names: z.string().max(2000).optional(),
  points: z.coerce.number().int().min(10).max(2000).default(200),
});

export const comparisonSchema = z.object({
  runs: z.array(
    runSummarySchema.extend({
      series: z.array(seriesSchema),
      /** On the test data. */
      figures: z.array(figureSchema),
      bytes: z.number().exactOptional(),
      milliseconds: z.number().exactOptional(),
      dataHash: z.string().exactOptional(),
    }),
  ),
  /** Settings in which the runs differ: a value for each run, null where it has none. */
  differences: z.array(z.object({ setting: z.string(), values: z.array(z.unknown()) })),
  /** False when runs were assessed on different data: their figures are not comparable then. */
  sameData: z.boolean(),
});
export type Comparison = z.infer<typeof comparisonSchema>;
