import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type CausalModel, openCausalModel } from '../language/causal-model.js';
import type { Lesson } from '../language/lessons.js';
import { pairVocabularies } from '../language/vocabulary-pairing.js';
import type { LessonPair } from '../students/pair-passes.js';
import { readPlan } from '../tasks/language-files.js';
import { type PreferencePairs, readPreferencePairs } from '../tasks/preference-pairs.js';

/** What a user gives to distil an aligned teacher. */
export interface OwnAlignedTeacher {
  /** The teacher after its alignment, and before. */
  readonly aligned: CausalModel;
  readonly reference: CausalModel;
  readonly student: CausalModel;
  readonly pairs: PreferencePairs;
}

const planSchema = z.object({
  aligned: z.string(),
  reference: z.string(),
  student: z.string(),
  pairs: z.string(),
});

/**
 * Reads a JSON file that names an aligned teacher, the same teacher before its alignment, a student, and a file of preference pairs.
 *
 * @throws {UserError} where something can't be read, the vocabularies differ, or the two teachers are the same
 */
export async function readOwnAlignedTeacher(path: string): Promise<OwnAlignedTeacher> {
  const { plan, at } = await readPlan(path, planSchema);
  for (const model of [plan.aligned, plan.reference]) {
    if (!/^https?:|^llm:/.test(model)) continue;
    throw new UserError(
      `an endpoint gives no log-probabilities of all tokens, which both teachers must: ${model}`,
      {
        hint: 'use curry-dpo, which learns from rated answers alone',
      },
    );
  }
  if (at(plan.aligned) === at(plan.reference)) {
    throw new UserError(`the aligned teacher and its reference are the same: ${plan.aligned}`, {
      hint: 'the advantage would be zero everywhere: give the teacher before its alignment as the reference',
    });
  }
  const aligned = await openCausalModel(at(plan.aligned));
  const reference = await openCausalModel(at(plan.reference));
  const student = await openCausalModel(at(plan.student));
  for (const teacher of [aligned, reference]) {
    pairVocabularies(teacher, student);
    if (teacher.config.vocabulary === student.config.vocabulary) continue;
    throw new UserError(
      `heads of different sizes: ${teacher.config.vocabulary} and ${student.config.vocabulary} tokens`,
      {
        hint: 'pad the smaller one to the size of the other',
      },
    );
  }
  return { aligned, reference, student, pairs: await readPreferencePairs(at(plan.pairs)) };
}

/**
 * Pairs in tokens, each answer with its end token.
 *
 * @param say hears how many are left out, and why
 */
export function lessonPairs(
  { pairs, rejected }: PreferencePairs,
  { tokenizer }: CausalModel,
  maxTokens: number,
  say: (message: string) => void,
): LessonPair[] {
  for (const [reason, count] of rejected.byReason) say(`${count} left out: ${reason}`);
  const end = tokenizer.special.end ?? 0;
  const all = pairs.map(({ prompt, chosen, rejected: worse }) => {
    const asked = tokenizer.encodePlain(prompt);
    const lesson = (text: string): Lesson => ({
      prompt: asked,
      answer: [...tokenizer.encodePlain(text), end],
    });
    return { chosen: lesson(chosen), rejected: lesson(worse) };
  });
  const kept = all.filter((pair) =>
    [pair.chosen, pair.rejected].every(
      (own) => own.prompt.length > 0 && own.prompt.length + own.answer.length <= maxTokens,
    ),
  );
  if (kept.length < all.length)
    say(
      `${all.length - kept.length} pairs are longer than ${maxTokens} tokens, or have no prompt, and are left out`,
    );
  return kept;
}
