import { checkPaired, mean } from './checks.js';
import { correctness } from './classification.js';
import { cohenKappa } from './kappa.js';
import { argMax, predictedClasses } from './probabilities.js';

/** How faithfully a student follows its teacher. */
export interface Agreement {
  /** Share of the examples that both answer alike (Stanton et al. 2021, equation 6). */
  readonly top1: number;
  /** The same beyond chance. */
  readonly kappa: number;
  /** Mean KL(teacher || student), in nats. */
  readonly kl: number;
  /** Share answered alike where the teacher is right, and how often that is; null where it never is. */
  readonly whereTeacherRight: number | null;
  readonly teacherRight: number;
  /** Share answered alike where the teacher is wrong, that is, of its mistakes taken over. */
  readonly whereTeacherWrong: number | null;
  readonly teacherWrong: number;
}

/**
 * @param student probabilities, [examples][classes]
 * @param teacher the same of the teacher
 * @param classes the true class of each example
 */
export function agreement(
  student: readonly ArrayLike<number>[],
  teacher: readonly ArrayLike<number>[],
  classes: ArrayLike<number>,
): Agreement {
  checkPaired('agreement', student, teacher);
  checkPaired('agreement', student, classes);
  const [ofStudent, ofTeacher] = [predictedClasses(student), predictedClasses(teacher)];
  const alike = correctness(ofTeacher, ofStudent);
  const right = correctness(classes, ofTeacher);
  const where = (wanted: number) => alike.filter((_, i) => right[i] === wanted);
  const [whenRight, whenWrong] = [where(1), where(0)];
  return {
    top1: mean(alike),
    kappa: cohenKappa(ofTeacher, ofStudent),
    kl: mean(teacher.map((row, i) => klDivergence(row, student[i]!))),
    whereTeacherRight: whenRight.length === 0 ? null : mean(whenRight),
    teacherRight: whenRight.length,
    whereTeacherWrong: whenWrong.length === 0 ? null : mean(whenWrong),
    teacherWrong: whenWrong.length,
  };
}

/** No probability counts as less than this, so that the divergence stays finite. */
const leastProbability = 1e-12;

/** KL(p || q) in nats (Kullback & Leibler 1951). */
export function klDivergence(p: ArrayLike<number>, q: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    if (p[i]! > 0) sum += p[i]! * Math.log(p[i]! / Math.max(q[i]!, leastProbability));
  }
  return Math.max(0, sum);
}

/** An example on which two models part. */
export interface Disagreement {
  readonly at: number;
  readonly student: number;
  readonly teacher: number;
  /** Jensen-Shannon divergence of their answers, in [0, ln 2]. */
  readonly divergence: number;
}

/** The examples that two models answer differently, those where their probabilities differ most first. */
export function disagreements(
  student: readonly ArrayLike<number>[],
  teacher: readonly ArrayLike<number>[],
): Disagreement[] {
  return student
    .map((row, at) => ({
      at,
      student: argMax(row),
      teacher: argMax(teacher[at]!),
      divergence: jensenShannon(row, teacher[at]!),
    }))
    .filter((pair) => pair.student !== pair.teacher)
    .sort((a, b) => b.divergence - a.divergence);
}

/** Mean divergence of two distributions from their middle, in [0, ln 2] nats (Lin 1991). */
export function jensenShannon(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const middle = Float64Array.from(p, (value, i) => (value + q[i]!) / 2);
  return (klDivergence(p, middle) + klDivergence(q, middle)) / 2;
}
