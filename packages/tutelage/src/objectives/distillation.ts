import { klDivergence, logSoftmax, mul, type Value } from '@tutelage/engine';

export interface DistillationOptions {
  /** Softens teacher and student alike; at least 1 as a rule. */
  readonly temperature: number;
  /** Of each row [batch]; the weighted losses are then added up instead of averaged. */
  readonly weights?: Value;
}

/**
 * The student's distance from a teacher's soft answers: T^2 KL(softmax(t / T) || softmax(s / T)) (Hinton et al. 2015, section 2),
 * the mean over rows. The factor keeps its gradient of the size of a hard label's.
 *
 * @param student logits [batch, classes]
 * @param teacher logits [batch, classes]; log-probabilities will do as well
 */
export function distillation(
  student: Value,
  teacher: Value,
  { temperature, weights }: DistillationOptions,
): Value {
  const soft = (logits: Value) => logSoftmax(mul(logits, 1 / temperature));
  return mul(
    klDivergence(soft(student), soft(teacher), weights ? { weights, reduction: 'sum' } : {}),
    temperature ** 2,
  );
}
