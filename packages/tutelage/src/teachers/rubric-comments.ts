import { random } from '@tutelage/engine';
import type { Ratings } from '../assessment/reliability.js';
import { UserError } from '../core/errors.js';
import { permutation } from '../runs/permutation.js';
import { readAnnotations } from '../tasks/annotations.js';
import { annotatorColumn, type Rubric } from '../tasks/rubric.js';
import { type CommentInContext, withoutHandles } from './rubric-prompts.js';
import { leastPositives } from './rubric-reliability.js';

/** Comments as they are put to a model, and people's labels of a sample of them. */
export interface RubricComments {
  readonly ids: readonly string[];
  readonly comments: readonly CommentInContext[];
  /** What results are put together by; empty where nothing is. */
  readonly groups: readonly string[];
  /** Of each category by key, one list an annotator, in the order of the comments. */
  readonly people: ReadonlyMap<string, readonly Ratings[]>;
  /** Places of the comments that people labelled, in random order. */
  readonly sample: readonly number[];
  readonly warnings: readonly string[];
}

/**
 * Reads the comments of a rubric.
 *
 * @param mask whether names behind @ are replaced
 * @throws {UserError} when columns are missing, rows can't be read, or annotators share no comments
 */
export async function readRubricComments(
  rubric: Rubric,
  { mask, seed }: { readonly mask: boolean; readonly seed: number },
): Promise<RubricComments> {
  const { categories, annotators, context, group } = rubric;
  const columns = categories.flatMap(({ key }) => annotators.map((name) => annotatorColumn(name, key)));
  const read = await readAnnotations(rubric.path, {
    comment: rubric.comment,
    id: rubric.id,
    context: [...new Set(Object.values(context))],
    ratings: columns,
  });
  const people = new Map(
    categories.map(({ key }) => [
      key,
      annotators.map((name): Ratings => read.ratings.get(annotatorColumn(name, key))!),
    ]),
  );
  const warnings: string[] = read.empty === 0 ? [] : [`${read.empty} rows without a comment are left out`];
  for (const [key, ratings] of people) {
    const shared = read.texts.some((_, at) => ratings.every((own) => own[at] !== undefined));
    if (annotators.length > 0 && !shared) throw new UserError(`annotators share no comments: ${key}`);
    const fewest = Math.min(...ratings.map((own) => own.filter(Boolean).length));
    if (fewest < leastPositives) {
      warnings.push(`kappa is not meaningful for ${key}: a person said yes ${fewest} times`);
    }
  }
  const named = read.texts.filter((text) => text !== withoutHandles(text)).length;
  if (named > 0 && !mask) {
    warnings.push(`${named} comments name users by @: with mask=true they are sent without the names`);
  }
  const key = random.foldIn(random.key(seed), 'sample');
  const everyone = [...people.values()].flat();
  return {
    ids: read.ids,
    comments: read.texts.map((text, i) => ({
      comment: mask ? withoutHandles(text) : text,
      context: Object.fromEntries(
        Object.entries(context).map(([name, column]) => [name, read.contexts[i]![column]!]),
      ),
    })),
    groups: read.contexts.map((own) => (group === undefined ? '' : own[group]!)),
    people,
    sample: Array.from(permutation(read.texts.length, [key.hi, key.lo])).filter((at) =>
      everyone.some((own) => own[at] !== undefined),
    ),
    warnings,
  };
}
