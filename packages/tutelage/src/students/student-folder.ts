import { z } from 'zod';
import type { Json } from '../core/curriculum.js';

/** Number of the format of `student.json`. */
export const formatVersion = 1;

/** A file beside `student.json`: no path, so that an untrusted folder can't reach out of itself. */
const fileName = z.string().regex(/^[\w-][\w.-]*$/);

const common = z.object({
  format: z.literal('tutelage-student'),
  version: z.literal(formatVersion),
  /** Version of the package that wrote it. */
  tutelage: z.string(),
  preset: z.string(),
});

const featurizer = z.object({
  kind: z.string(),
  config: z.custom<Json>((value) => value !== undefined),
});

const files = z.object({
  model: fileName,
  int8: fileName.optional(),
  /** What the featurizer reads, such as a tokenizer. */
  featurizer: z.array(fileName),
});

const classifier = common.extend({
  kind: z.literal('classifier'),
  input: z.enum(['text', 'image']),
  /** Names of the classes, in the order of the logits. */
  labels: z
    .array(z.string())
    .min(2)
    .refine((labels) => new Set(labels).size === labels.length, { error: 'a label is given twice' }),
  featurizer,
  files,
});

const retriever = common.extend({
  kind: z.literal('retriever'),
  /** Length of the embeddings. */
  width: z.int().positive(),
  featurizer,
  files,
});

const languageModel = common.extend({
  kind: z.literal('language-model'),
  vocabulary: z.int().positive(),
  /** Most tokens that it looks at. */
  block: z.int().min(2),
  files: files.pick({ model: true, int8: true }),
});

/** What `student.json` says of a shipped student. */
export const studentSchema = z.discriminatedUnion('kind', [classifier, retriever, languageModel]);

export type StudentDescription = z.infer<typeof studentSchema>;
export type StudentKind = StudentDescription['kind'];
export type DescriptionOf<K extends StudentKind> = Extract<StudentDescription, { kind: K }>;

/** The kinds of students in words. */
export const kindNames: Readonly<Record<StudentKind, string>> = {
  classifier: 'a classifier',
  retriever: 'a retriever',
  'language-model': 'a language model',
};

/** The weights that a student is run with: as taught, or as 8-bit integers. */
export type Precision = 'float32' | 'int8';
