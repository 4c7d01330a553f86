import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { schemaProblems } from '../core/schema-problem.js';

const text = z.string().trim().min(1);

const exampleSchema = z.strictObject({
  comment: text,
  context: z.record(z.string(), z.string()).default({}),
  label: z.boolean(),
  /** Why, for prompts that reason before they label. */
  explanation: text.optional(),
});

const categorySchema = z.strictObject({
  key: z.string().regex(/^[\w-]+$/, 'letters, digits, _ and - only'),
  /** What is true of a comment of the category. */
  statement: text,
  /** What might be taken for it. */
  not: text.optional(),
  /** The statement says the opposite of the category: a yes to it is a no to the category. */
  inverted: z.boolean().default(false),
  examples: z.array(exampleSchema).max(5).default([]),
});

const rubricSchema = z.strictObject({
  /** The table of comments, beside this file. */
  comments: text,
  /** Its columns. */
  comment: text.default('comment'),
  id: text.optional(),
  /** Columns that are shown with each comment, by what they are called there. */
  context: z.record(z.string(), text).default({}),
  /** Of these, the column by which results are put together, as the lecture. */
  group: text.optional(),
  /** What the comments are, in a few words. */
  about: text.default('comments'),
  categories: z.array(categorySchema).min(1),
  /** Columns of people's labels of a sample, `{category}` standing for the key. */
  annotators: z.array(text.regex(/\{category\}/, 'must hold {category}')).default([]),
});

export type RubricExample = z.infer<typeof exampleSchema>;
export type RubricCategory = z.infer<typeof categorySchema>;

/** What comments are to be labelled by, one yes-or-no question a category. */
export interface Rubric extends z.infer<typeof rubricSchema> {
  /** The table of comments, in full. */
  readonly path: string;
}

/**
 * Reads a rubric from a JSON file.
 *
 * @throws {UserError} with the place of what is missing or wrong
 */
export function readRubric(path: string): Rubric {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UserError(`not a readable JSON file: ${path}`, {
      hint: 'give a rubric: {"comments": "comments.csv", "categories": [{"key": ..., "statement": ...}]}',
      cause,
    });
  }
  const read = rubricSchema.safeParse(json);
  if (!read.success) {
    throw new UserError(`${path}: ${schemaProblems(read.error, 'rubric')[0]}`);
  }
  const { categories, annotators, group, context } = read.data;
  const twice = categories.find(({ key }, i) => categories.findIndex((other) => other.key === key) !== i);
  if (twice) throw new UserError(`${path}: category given twice: ${twice.key}`);
  if (annotators.length === 1) {
    throw new UserError(`${path}: one annotator: ${annotators[0]}`, {
      hint: 'agreement among people needs two or more; leave annotators out where there are none',
    });
  }
  if (group !== undefined && !Object.values(context).includes(group)) {
    throw new UserError(`${path}: group is no column of the context: ${group}`, {
      detail: `there are ${Object.values(context).join(', ') || 'none'}`,
    });
  }
  for (const { key, examples } of categories) {
    for (const [i, example] of examples.entries()) {
      const unknown = Object.keys(example.context).find((name) => !Object.hasOwn(context, name));
      if (unknown !== undefined) {
        throw new UserError(`${path}: categories.${key}.examples.${i}: no such context: ${unknown}`);
      }
    }
  }
  return { ...read.data, path: resolve(dirname(path), read.data.comments) };
}

/** The column of a person's labels of a category. */
export function annotatorColumn(template: string, category: string): string {
  return template.replaceAll('{category}', category);
}
