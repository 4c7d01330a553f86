import { z } from 'zod';
import type { Json } from '../core/curriculum.js';

/** Number of the format of `student.json`. */
export const formatVersion = 1;

/** A file beside `student.json`: no path, so that an untrusted folder can't reach out of itself. */
const fileName = z.string().regex(/^[\w-][\w.-]*$/);

/** What `student.json` says of a shipped classifier. */
export const studentSchema = z.object({
  format: z.literal('tutelage-student'),
  version: z.literal(formatVersion),
  /** Version of the package that wrote it. */
  tutelage: z.string(),
  kind: z.literal('classifier'),
  input: z.enum(['text', 'image']),
  preset: z.string(),
  /** Names of the classes, in the order of the logits. */
  labels: z
    .array(z.string())
    .min(2)
    .refine((labels) => new Set(labels).size === labels.length, { error: 'a label is given twice' }),
  featurizer: z.object({
    kind: z.string(),
    config: z.custom<Json>((value) => value !== undefined),
  }),
  files: z.object({
    model: fileName,
    int8: fileName.optional(),
    /** What the featurizer reads, such as a tokenizer. */
    featurizer: z.array(fileName),
  }),
});

export type StudentDescription = z.infer<typeof studentSchema>;

/** The weights that a student is run with: as taught, or as 8-bit integers. */
export type Precision = 'float32' | 'int8';
