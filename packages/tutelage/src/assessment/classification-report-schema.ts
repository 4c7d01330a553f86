import { z } from 'zod';
import { costsSchema, economySchema } from './economy-schema.js';
import { count, interval, reportContext, share } from './report-context.js';

/** The models that are compared: who taught, who was taught, and the same student without a teacher. */
export const armIds = ['teacher', 'student', 'alone'] as const;
const armId = z.enum(armIds);

const calibration = z.object({
  /** Expected calibration error with 15 bins of equal width, and of equal mass. */
  error: share,
  errorEqualMass: share,
  curve: z.array(
    z.object({ from: z.number(), to: z.number(), count, confidence: z.number(), accuracy: z.number() }),
  ),
  /** Fitted on validation data, and the error with it. */
  scaled: z.object({ temperature: z.number(), error: share }).exactOptional(),
});

const arm = z.object({
  id: armId,
  /** What it is, such as a preset or a model's name. */
  title: z.string(),
  /** Wilson's interval. */
  accuracy: interval,
  /** Percentile interval of the bootstrap. */
  macroF1: interval,
  weightedF1: share,
  /** Where it gives probabilities, not answers alone. */
  soft: z.object({ top3: share, logLoss: z.number(), brier: z.number(), calibration }).exactOptional(),
  classes: z.array(z.object({ precision: share, recall: share, f1: share, support: count, answered: count })),
  costs: costsSchema,
});

const difference = interval.extend({
  against: z.enum(['alone', 'teacher']),
  /** Share of the resamples in which the student is not ahead. */
  shareNotGreater: share,
  /** Examples that only the student, or only the other, gets right, and the p-value of McNemar's exact test. */
  studentOnly: count,
  otherOnly: count,
  p: share,
  sentence: z.string(),
});

const confusedPair = z.object({ actual: count, predicted: count, count });

const agreement = z.object({
  top1: share,
  kappa: z.number(),
  kl: z.number(),
  whereTeacherRight: share.nullable(),
  teacherRight: count,
  whereTeacherWrong: share.nullable(),
  teacherWrong: count,
});

const disagreement = z.object({
  id: z.string(),
  text: z.string(),
  actual: count,
  student: count,
  studentConfidence: share,
  teacher: count,
  /** Left out where the teacher gives answers alone. */
  teacherConfidence: share.exactOptional(),
});

/** All that the report on a taught classifier shows, as plain data: `--json` prints it. */
export const classificationReport = reportContext.extend({
  format: z.literal(1),
  kind: z.literal('classification'),
  labels: z.array(z.string()),
  verdict: z.object({
    distillation: z.enum(['helped', 'hurt', 'not shown', 'not compared']),
    sentence: z.string(),
  }),
  arms: z.array(arm),
  differences: z.array(difference),
  /** Of the student: all counts row by row for up to 30 classes, the most confused pairs for any number. */
  confusion: z.object({ counts: z.array(count).exactOptional(), pairs: z.array(confusedPair) }),
  agreement: agreement.exactOptional(),
  disagreements: z.object({ total: count, shown: z.array(disagreement) }),
  /** What the student saves, where it had a teacher. */
  economy: economySchema.exactOptional(),
});

export type ArmId = z.infer<typeof armId>;
export type ClassificationReport = z.infer<typeof classificationReport>;
export type ArmReport = ClassificationReport['arms'][number];
export type DifferenceReport = ClassificationReport['differences'][number];
