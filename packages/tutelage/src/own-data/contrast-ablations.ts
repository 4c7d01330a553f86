import { UserError } from '../core/errors.js';
import type { ChosenOptions } from '../teachers/chosen-targets.js';
import type { Selector } from '../teachers/selected-candidates.js';

type Change = Partial<Pick<ChosenOptions, 'selector' | 'weights'>> & { readonly distil?: number };

/** Rows of the table of ablations that are not the method itself. */
export const contrastAblations: readonly (readonly [id: string, title: string, change: Change])[] = [
  ['teacher-hard', "the teacher's candidates, not distilled", { distil: 0, weights: 'static' }],
  ['random-hard', 'random candidates, not distilled', { selector: 'random', distil: 0, weights: 'static' }],
  ['student-hard', "the student's, not distilled", { selector: 'student', distil: 0, weights: 'static' }],
  ['random-static', 'random candidates, all weights 1', { selector: 'random', weights: 'static' }],
  ['teacher-static', "the teacher's, all weights 1", { selector: 'teacher', weights: 'static' }],
  ['student-static', "the student's, all weights 1", { selector: 'student', weights: 'static' }],
  ['by-student', "weights by the student's entropy", { weights: 'student' }],
  ['reverse', 'reversed weights', { weights: 'reverse' }],
];

/** @throws {UserError} where all candidates of a batch would be paid for */
export function checkSelector({
  selector,
  teacher,
}: {
  readonly selector: Selector;
  readonly teacher: string;
}): void {
  if (!/^https?:/.test(teacher) || (selector !== 'teacher' && selector !== 'mixed')) return;
  throw new UserError(`selector=${selector} would ask ${teacher} for all candidates of each batch`, {
    hint: 'set selector=student, which asks for those alone that the student finds hardest',
  });
}
