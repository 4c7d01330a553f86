import { UserError } from '../core/errors.js';

/**
 * How much samples count: all alike, more where the student is unsure, more where it is unsure and the teacher is sure, or the other way
 * round as a control.
 */
export const weightRules = ['static', 'student', 'dynamic', 'reverse'] as const;

export type WeightRule = (typeof weightRules)[number];

/** The entropy of the softmax of some scores by its greatest value, in [0, 1]: 0 is sure, 1 is clueless. */
export function normalisedEntropy(scores: readonly number[]): number {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  const entropy = powers.reduce(
    (found, power) => found - (power > 0 ? (power / sum) * Math.log(power / sum) : 0),
    0,
  );
  return entropy / Math.log(scores.length);
}

const [least, greatest] = [0.1, 5];
const nothing = 1e-6;

/**
 * Weights of samples by the normalised entropies of teacher and student over the same candidates: of mean 1, then held in [0.1, 5], so
 * that the learning rate does not drift as the student grows confident.
 *
 * @throws {UserError} when all weights are 0
 */
export function dynamicWeights(
  teacher: readonly number[],
  student: readonly number[],
  rule: WeightRule,
): number[] {
  const raw = student.map((unsure, i) => {
    if (rule === 'static') return 1;
    if (rule === 'student') return unsure;
    return rule === 'dynamic' ? unsure * (1 - teacher[i]!) : (1 - unsure) * teacher[i]!;
  });
  const mean = raw.reduce((a, b) => a + b, 0) / raw.length;
  if (!(mean > nothing)) {
    throw new UserError('all weights are 0', {
      detail: `weights=${rule}: the teacher's and the student's entropies leave nothing to learn`,
      hint: 'change teacherTemperature, or set weights=static',
    });
  }
  return raw.map((weight) => Math.min(greatest, Math.max(least, weight / mean)));
}
