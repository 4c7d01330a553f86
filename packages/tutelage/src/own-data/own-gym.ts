import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type CausalModel, openCausalModel } from '../language/causal-model.js';
import { normaliseText } from '../tasks/duplicates.js';
import { readPlan } from '../tasks/language-files.js';
import { itemCheckers, type PracticeItem, questionSet, readPracticeItems } from '../tasks/practice-items.js';
import { type ItemWriter, noItems } from '../teachers/item-writer.js';

/** What a user gives to have a student taught by items that a teacher writes. */
export interface OwnGym {
  readonly student:
    | { readonly kind: 'model'; readonly model: CausalModel }
    | { readonly kind: 'classifier'; readonly labels: readonly string[] };
  /** What the teacher may see answered. */
  readonly validation: readonly PracticeItem[];
  /** What it may not. */
  readonly test: readonly PracticeItem[];
  /** What the task is like, and what a classifier is raised on. */
  readonly examples: readonly PracticeItem[];
  /** SHA-256 of the file and all that it names but the model. */
  readonly hash: string;
  readonly warnings: readonly string[];
}

const planSchema = z.strictObject({
  student: z.string(),
  validation: z.string(),
  test: z.string(),
  examples: z.string(),
  checker: z.enum(itemCheckers).optional(),
});
const leastExamples = 3;

/**
 * Reads a JSON file that names a `student` (a LLaMA model, or `classifier` for a small one of texts) and JSON lines of questions:
 * `validation`, `test` and `examples`; perhaps a `checker` for questions that name none.
 *
 * @throws {UserError} where something can't be read, the test is not blind, or a classifier would have nothing to tell apart
 */
export async function readOwnGym(path: string): Promise<OwnGym> {
  const { plan, at } = await readPlan(path, planSchema);
  const isClassifier = plan.student === 'classifier';
  const checker = plan.checker ?? (isClassifier ? 'exact' : 'answer');
  const read = (file: string) => readPracticeItems(at(file), checker);
  const [validation, test, all] = [
    await read(plan.validation),
    await read(plan.test),
    await read(plan.examples),
  ];
  const tested = questionSet(test);
  const leak = validation.find(({ question }) => tested.has(normaliseText(question)));
  if (leak) {
    throw new UserError(`a validation question is in the test: ${leak.id}: ${plan.validation}`, {
      detail: `${validation.filter(({ question }) => tested.has(normaliseText(question))).length} of ${validation.length} are`,
      hint: 'the teacher sees the validation questions: take them out of one of the files',
    });
  }
  const heldBack = questionSet(validation, test);
  const examples = all.filter(({ question }) => !heldBack.has(normaliseText(question)));
  const leaks = all.length - examples.length;
  if (examples.length < leastExamples) {
    throw new UserError(`too few examples: ${examples.length}: ${plan.examples}`, {
      hint: `${leastExamples} or more that are not in the validation or the test show what the task is like`,
    });
  }
  const hash = createHash('sha256').update(readFileSync(path));
  for (const file of [plan.validation, plan.test, plan.examples]) hash.update(readFileSync(at(file)));
  return {
    student: isClassifier
      ? { kind: 'classifier', labels: labelsOf([...examples, ...validation, ...test]) }
      : { kind: 'model', model: await modelAt(at(plan.student)) },
    validation,
    test,
    examples,
    hash: hash.digest('hex'),
    warnings: leaks > 0 ? [`${leaks} examples are in the validation or the test, and are left out`] : [],
  };
}

/** @throws {UserError} for fewer than two labels, or answers that are no labels */
function labelsOf(items: readonly PracticeItem[]): string[] {
  const other = items.find(({ checker }) => checker !== 'exact');
  if (other) {
    throw new UserError(`a classifier's answers are exact: question ${other.id}: checker ${other.checker}`);
  }
  const labels = [...new Set(items.map(({ answer }) => answer))].sort();
  if (labels.length >= 2) return labels;
  throw new UserError(`a classifier needs two answers or more: there is ${labels.join(', ')}`);
}

async function modelAt(path: string): Promise<CausalModel> {
  if (await stat(path).catch(() => undefined)) return openCausalModel(path);
  throw new UserError(`no such model: ${path}`, {
    hint: 'give a folder or GGUF file of a LLaMA model, or "classifier" for a small classifier of texts',
  });
}

/** What writes items for the user's task: in its form, and none that the student is judged by. */
export function ownItemWriter(
  { student, validation, test, examples }: OwnGym,
  asking: Pick<ItemWriter, 'model' | 'maxTokens' | 'signal'>,
): ItemWriter {
  const { model, maxTokens, signal } = asking;
  return {
    model,
    maxTokens,
    signal,
    counts: noItems(),
    labels: student.kind === 'classifier' ? student.labels : undefined,
    checker: validation.every(({ checker }) => checker === 'exact') ? 'exact' : 'answer',
    heldBack: questionSet(validation, test),
    known: questionSet(examples),
  };
}
