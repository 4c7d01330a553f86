import { random } from '@tutelage/engine';
import { type SupportReliability, supportReliability } from '../assessment/support.js';
import { ofLearners, type Questionnaire } from '../tasks/questionnaires/questionnaire.js';
import { type SupportTraining, supportPredictor } from './support-predictor.js';

/** Chances by models that have not seen the learner, and how well they tell. */
export interface SupportFolds {
  /** [learners x supports] */
  readonly chances: Float32Array;
  readonly reliability: readonly SupportReliability[];
}

/** Learners in parts of nearly the same size, by their places. */
export function learnerFolds(count: number, folds: number, key: random.Key): number[][] {
  const order = random.stream(key).shuffle(Array.from({ length: count }, (_, row) => row));
  return Array.from({ length: folds }, (_, fold) => order.filter((_, i) => i % folds === fold));
}

/** Cross-validation over learners, never over their ratings. */
export async function supportFolds(
  data: Questionnaire,
  folds: number,
  training: SupportTraining,
): Promise<SupportFolds> {
  const count = data.supports.length;
  const chances = new Float32Array(data.learners.length * count);
  const thresholds = new Float32Array(chances.length);
  const key = random.foldIn(random.key(training.seed), 'folds');
  for (const held of learnerFolds(data.learners.length, folds, key)) {
    const others = new Set(held);
    const taught = data.learners.flatMap((_, row) => (others.has(row) ? [] : [row]));
    const predictor = await supportPredictor(ofLearners(data, taught), training);
    const found = await predictor.chances(ofLearners(data, held));
    held.forEach((row, i) => {
      chances.set(found.subarray(i * count, (i + 1) * count), row * count);
      thresholds.set(predictor.prevalence, row * count);
    });
    await predictor.dispose();
  }
  return { chances, reliability: supportReliability(data, chances, thresholds) };
}
