import { z } from 'zod';
import { mean } from '../assessment/checks.js';
import { percent } from '../assessment/wording.js';
import type { DriftPart } from './checks.js';
import type { TracerKind } from './tracer.js';

const bin = z.object({
  from: z.number(),
  to: z.number(),
  count: z.number(),
  confidence: z.number(),
  accuracy: z.number(),
});

/** A {@link TracingAssessment} as it is kept. */
export const assessmentSchema = z.object({
  answers: z.int(),
  auc: z.number(),
  withinLearner: z.number(),
  accuracy: z.number(),
  rmse: z.number(),
  logLoss: z.number(),
  calibrationError: z.number(),
  calibration: z.array(bin).readonly(),
});

type Row = z.output<typeof assessmentSchema> & { readonly arm: string };

/**
 * What estimates were counted by: each answer once, estimated before it was seen, or each concept of an answer after the concepts
 * before it, which tell the answer.
 */
export type Counting = 'one row for each answer' | 'one row for each concept';

/**
 * The lines of the table of results: mean and spread over folds.
 *
 * @throws {RangeError} for rows that saw the answer: their AUC is no result, and is not to be quoted as one
 */
export function tracingTable(
  kinds: readonly Pick<TracerKind, 'id' | 'title'>[],
  rows: readonly Row[],
  counting: Counting,
): string[] {
  if (counting !== 'one row for each answer') {
    throw new RangeError(
      `no result: ${counting}: an answer's later concepts were estimated after its first told it`,
    );
  }
  return kinds.flatMap(({ id, title }) => {
    const own = rows.filter(({ arm }) => arm === id);
    if (own.length === 0) return [`${title}: not run`];
    const column = (name: 'auc' | 'withinLearner' | 'calibrationError', digits = 4): string => {
      const values = own.map((row) => row[name]);
      const deviation = Math.sqrt(mean(values.map((x) => (x - mean(values)) ** 2)));
      return `${mean(values).toFixed(digits)} ± ${deviation.toFixed(digits)}`;
    };
    const accuracy = percent(mean(own.map((row) => row.accuracy)));
    return [
      `${title}: AUC ${column('auc')}, within learners ${column('withinLearner')}, ${accuracy} right at 0.5, calibration error ${column('calibrationError', 3)}, ${own.length} folds`,
    ];
  });
}

/** What changes from early to late. */
export function driftLines(parts: readonly DriftPart[]): string[] {
  const [first, last] = [parts[0]!, parts.at(-1)!];
  const show = ({ right, expected, auc }: DriftPart) =>
    `${percent(right)} right, ${percent(expected)} expected, AUC ${auc?.toFixed(3) ?? 'undefined'}`;
  return [`first quarter of the tested answers: ${show(first)}; last: ${show(last)}`];
}
