import { z } from 'zod';
import { costsSchema } from './economy-schema.js';
import { count, interval, reportContext, share } from './report-context.js';

/** A figure with its 95 % interval, such as `nDCG@10`. */
const measure = interval.extend({ name: z.string() });

/** The models that are compared: who was taught, and what needs no teaching. */
export const measuredArmIds = ['student', 'baseline'] as const;

const arm = z.object({
  id: z.enum(measuredArmIds),
  /** What it is, such as a preset or `BM25`. */
  title: z.string(),
  /** The first is the one that counts. */
  measures: z.array(measure).min(1),
  costs: costsSchema,
});

/** What the reports on students without classes have in common. */
const measuredReport = reportContext.extend({
  format: z.literal(1),
  verdict: z.object({ tone: z.enum(['better', 'worse', 'open']), sentence: z.string() }),
  arms: z.array(arm).min(1),
});

const foundDocument = z.object({ id: z.string(), text: z.string() });

/** All that the report on a taught retriever shows, as plain data. */
export const retrievalReport = measuredReport.extend({
  kind: z.literal('retrieval'),
  /** Documents that were searched. */
  documents: count,
  /** Of the student over the baseline, in the measure that counts. */
  lead: interval.extend({ shareNotGreater: share }).exactOptional(),
  /** Test queries with the lowest score. */
  hardest: z.array(
    z.object({
      id: z.string(),
      query: z.string(),
      /** In the measure that counts. */
      score: z.number(),
      /** A relevant document, the one that was ranked best. */
      wanted: foundDocument,
      /** Its rank from 1, where it was among the first 100. */
      rank: count.exactOptional(),
      /** What was ranked first. */
      first: foundDocument.exactOptional(),
    }),
  ),
});

/** All that the report on a taught language model shows, as plain data. */
export const languageReport = measuredReport.extend({
  kind: z.literal('language model'),
  /** What it writes. */
  samples: z.array(z.object({ prompt: z.string(), text: z.string() })),
  /** Stretches of the test text with the most bits per byte. */
  hardest: z.array(z.object({ text: z.string(), bitsPerByte: z.number() })),
});

export type Measure = z.infer<typeof measure>;
export type MeasuredArm = z.infer<typeof arm>;
export type RetrievalReport = z.infer<typeof retrievalReport>;
export type LanguageReport = z.infer<typeof languageReport>;
export type MeasuredReport = RetrievalReport | LanguageReport;
