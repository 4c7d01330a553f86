import { random } from '@tutelage/engine';
import { byDescending } from '../assessment/budget-curve.js';

/** What is known of each question when one decides which to explain; in order of the questions. */
export interface InterventionEvidence {
  /** The mental model's probability that the student gives the label: alone, and with the explanation. */
  readonly simulated: { readonly alone: ArrayLike<number>; readonly helped: ArrayLike<number> };
  /** The student's own probability of the label. */
  readonly student: { readonly alone: ArrayLike<number>; readonly helped: ArrayLike<number> };
  /** The teacher's probability of the label. */
  readonly teacher: ArrayLike<number>;
  /** Whether the student is right alone: 1 or 0. */
  readonly aloneRight: ArrayLike<number>;
}

/**
 * Which questions are explained first (Saha et al. 2023, section 5): those with the greatest expected gain in the mental model, those
 * least likely to be right alone there, those most likely to be right with help there; those with the greatest gain in the student's own
 * probability, where the student is least confident, where it is most confident with help, where the teacher is; those that the
 * student gets wrong alone; any.
 */
export type InterventionRule =
  | 'utility'
  | 'pre only'
  | 'post only'
  | 'true utility'
  | 'student alone'
  | 'student helped'
  | 'teacher'
  | 'oracle'
  | 'random';

/** All positions, what is to be explained first in front; what a rule ranks alike keeps its order. */
export function interventionOrder(
  rule: InterventionRule,
  evidence: InterventionEvidence,
  key: random.Key,
): number[] {
  const { simulated, student, teacher, aloneRight } = evidence;
  const less = (of: ArrayLike<number>) => Array.from(of, (p) => -p);
  switch (rule) {
    case 'utility':
      return byDescending(utilities(simulated));
    case 'pre only':
      return byDescending(less(simulated.alone));
    case 'post only':
      return byDescending(simulated.helped);
    case 'true utility':
      return byDescending(utilities(student));
    case 'student alone':
      return byDescending(less(student.alone));
    case 'student helped':
      return byDescending(student.helped);
    case 'teacher':
      return byDescending(teacher);
    case 'oracle':
      return byDescending(less(aloneRight));
    case 'random': {
      const noise = new Float32Array(aloneRight.length);
      random.fillUniform(noise, key);
      return byDescending(noise);
    }
  }
}

/** What an explanation is expected to gain: U(x) = p(label | x, explanation) - p(label | x). */
export function utilities({ alone, helped }: InterventionEvidence['simulated']): number[] {
  return Array.from(alone, (p, i) => helped[i]! - p);
}
