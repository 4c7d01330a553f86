import { expectedCalibrationError, reliabilityCurve } from '../../assessment/calibration.js';
import { averagedF1, brierScore, correctness, logLoss } from '../../assessment/classification.js';
import { wilsonInterval } from '../../assessment/intervals.js';
import { percent } from '../../assessment/wording.js';
import { UserError } from '../../core/errors.js';
import type { LoadedStudent, Prediction } from '../../students/load-student.js';
import type { EvalParameters } from '../commands/eval.js';
import { type Evaluation, nothingFound } from './evaluation.js';
import { readLabelledData } from './labelled-data.js';

/** How well a classifier labels texts or images. */
export async function evaluateClassifier(
  student: LoadedStudent,
  settings: EvalParameters,
): Promise<Evaluation> {
  const result = await measure(student, settings);
  const { accuracy, examples, macroF1, logLoss, brier, calibrationError } = result;
  return {
    result,
    lines: [
      ['examples', String(examples)],
      [
        'accuracy',
        `${percent(accuracy.estimate, 2)} (95 % interval ${percent(accuracy.low)} to ${percent(accuracy.high)})`,
      ],
      ['macro F1', percent(macroF1, 2)],
      ['log loss', logLoss.toFixed(4)],
      ['Brier score', brier.toFixed(4)],
      ['calibration error', calibrationError.toFixed(4)],
    ],
  };
}

async function measure(student: LoadedStudent, settings: EvalParameters) {
  const { inputs, targets, warnings } = await readLabelledData(student, settings);
  if (inputs.length === 0) throw nothingFound('example', settings);
  const predict = student.predict as (inputs: readonly (string | Uint8Array)[]) => Promise<Prediction[]>;
  const answers = await predict(inputs);
  const classOf = new Map(student.labels.map((label, i) => [label, i]));
  const unknown = [...new Set(targets.filter((target) => !classOf.has(target)))];
  if (unknown.length > 0) {
    throw new UserError(`labels that the student does not know: ${unknown.slice(0, 5).join(', ')}`, {
      detail: `it knows ${student.labels.slice(0, 20).join(', ')}`,
      hint: 'leave their rows out, or name the column of the labels by --label',
    });
  }
  const classes = Int32Array.from(targets, (target) => classOf.get(target)!);
  const predicted = Int32Array.from(answers, ({ label }) => classOf.get(label)!);
  const rows = answers.map(({ probabilities }) => probabilities);
  const correct = correctness(classes, predicted);
  const right = correct.reduce((sum, value) => sum + value, 0);
  const confidences = rows.map((row) => Math.max(...row));
  return {
    examples: inputs.length,
    accuracy: wilsonInterval(right, inputs.length),
    macroF1: averagedF1(classes, predicted, student.labels.length).macro,
    logLoss: logLoss(classes, rows),
    brier: brierScore(classes, rows),
    calibrationError: expectedCalibrationError(reliabilityCurve(confidences, correct)),
    warnings,
  };
}
