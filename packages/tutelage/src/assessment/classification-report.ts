import { UserError } from '../core/errors.js';
import { agreement, disagreements } from './agreement.js';
import { type BootstrapOptions, meanOf, pairedBootstrap, percentileInterval } from './bootstrap.js';
import { bootstrapOptions } from './bootstrap-options.js';
import { expectedCalibrationError, reliabilityCurve } from './calibration.js';
import {
  averagedF1,
  brierScore,
  correctness,
  logLoss,
  scoresByClass,
  topKAccuracy,
} from './classification.js';
import {
  type ArmId,
  type ArmReport,
  armIds,
  type ClassificationReport,
  type DifferenceReport,
} from './classification-report-schema.js';
import { confusionMatrix, topConfusions } from './confusion.js';
import type { Costs } from './economy-schema.js';
import { mcnemar, wilsonInterval } from './intervals.js';
import { argMax, predictedClasses, probabilities } from './probabilities.js';
import type { ReportContext } from './report-context.js';
import { fitTemperature } from './temperature.js';
import { percent, points, pointsRange, signedPoints } from './wording.js';

type Rows = readonly ArrayLike<number>[];

/** What a model said of each test example: scores of all classes, or its answer alone. */
export type ArmAnswers =
  | { readonly logits: Rows }
  | { readonly probabilities: Rows }
  | { readonly answers: ArrayLike<number> };

export type ArmInput = ArmAnswers & {
  readonly title: string;
  readonly costs?: Costs;
  /** Logits on validation data, to fit a temperature with. */
  readonly validation?: { readonly logits: Rows; readonly targets: ArrayLike<number> };
};

export interface ClassifierAssessment extends ReportContext {
  readonly labels: readonly string[];
  /** The class of each test example. */
  readonly targets: ArrayLike<number>;
  readonly arms: { readonly student: ArmInput; readonly teacher?: ArmInput; readonly alone?: ArmInput };
  /** Each test example in words, and its id. */
  readonly texts: readonly string[];
  readonly ids: readonly string[];
}

/** An arm with all that its numbers are made from. */
interface Arm {
  readonly id: ArmId;
  readonly input: ArmInput;
  readonly rows: Rows;
  /** Whether the rows are probabilities, not answers written as such. */
  readonly isSoft: boolean;
  readonly predicted: Int32Array;
  readonly correct: Uint8Array;
}

const mostHeatmapClasses = 30;
const shownPairs = 15;
const shownDisagreements = 12;
const shownCharacters = 400;
const calibrationBins = 15;

/**
 * Assesses a taught classifier on test data, beside its teacher and beside the same student taught without one, each with
 * intervals over the test examples.
 *
 * @throws UserError if there is no test example, or an arm has other than one finite row of scores an example
 */
export function assessClassifier(input: ClassifierAssessment): ClassificationReport {
  const { labels, targets, texts, ids } = input;
  if (targets.length === 0) throw new UserError('nothing to assess: there is no test example');
  const arms = armIds.flatMap((id) => (input.arms[id] ? [prepare(id, input.arms[id], input)] : []));
  const find = (id: ArmId) => arms.find((arm) => arm.id === id);
  const [student, teacher, alone] = [find('student')!, find('teacher'), find('alone')];
  const options = bootstrapOptions(targets.length, input.reproduce.seed);
  const differences = [
    ...(alone ? [differenceOf(student, alone, 'alone', options)] : []),
    ...(teacher ? [differenceOf(student, teacher, 'teacher', options)] : []),
  ];
  const matrix = confusionMatrix(targets, student.predicted, labels.length);
  const parted = teacher ? disagreements(student.rows, teacher.rows) : [];
  const { title, sizes, warnings, rejected, curves, choice, reproduce } = input;
  return {
    format: 1,
    kind: 'classification',
    title,
    verdict: verdictOf(student, differences),
    labels: [...labels],
    sizes,
    arms: arms.map((arm) => armReport(arm, input, options)),
    differences,
    confusion: {
      ...(labels.length <= mostHeatmapClasses && { counts: [...matrix.counts] }),
      pairs: topConfusions(matrix, shownPairs),
    },
    ...(teacher && { agreement: agreement(student.rows, teacher.rows, targets) }),
    disagreements: {
      total: parted.length,
      shown: parted.slice(0, shownDisagreements).map(({ at, ...answers }) => ({
        id: ids[at] ?? String(at),
        text: (texts[at] ?? '').slice(0, shownCharacters),
        actual: targets[at]!,
        student: answers.student,
        studentConfidence: student.rows[at]![answers.student]!,
        teacher: answers.teacher,
        ...(teacher?.isSoft && { teacherConfidence: teacher.rows[at]![answers.teacher]! }),
      })),
    },
    warnings,
    rejected,
    curves,
    ...(choice && { choice }),
    reproduce,
  };
}

function prepare(id: ArmId, input: ArmInput, { labels, targets }: ClassifierAssessment): Arm {
  const size = labels.length;
  const rows =
    'logits' in input
      ? input.logits.map((row) => probabilities(row))
      : 'probabilities' in input
        ? input.probabilities
        : Array.from(input.answers, (answer) =>
            Uint8Array.from({ length: size }, (_, label) => (label === answer ? 1 : 0)),
          );
  if (rows.length !== targets.length) {
    throw new UserError(`the ${id} has ${rows.length} answers for ${targets.length} test examples`);
  }
  const wrong = rows.findIndex((row) => row.length !== size || !isDistribution(row));
  if (wrong >= 0) {
    throw new UserError(`no probabilities over ${size} classes: ${id}, test example ${wrong}`, {
      hint: 'NaN in scores comes from training that diverged: lower the learning rate',
    });
  }
  const predicted = predictedClasses(rows);
  const isSoft = !('answers' in input);
  return { id, input, rows, isSoft, predicted, correct: correctness(targets, predicted) };
}

function isDistribution(row: ArrayLike<number>): boolean {
  const values = Array.from(row);
  const total = values.reduce((sum, value) => sum + value, 0);
  return Math.abs(total - 1) < 1e-3 && values.every((value) => value >= 0);
}

function armReport(
  arm: Arm,
  { labels, targets }: ClassifierAssessment,
  options: BootstrapOptions,
): ArmReport {
  const { id, input, predicted, correct } = arm;
  const size = labels.length;
  const macroF1 = percentileInterval(
    (positions) => averagedF1(targets, predicted, size, positions).macro,
    targets.length,
    options,
  );
  return {
    id,
    title: input.title,
    accuracy: wilsonInterval(
      correct.reduce((sum, value) => sum + value, 0),
      correct.length,
    ),
    macroF1,
    weightedF1: averagedF1(targets, predicted, size).weighted,
    ...(arm.isSoft && { soft: softReport(arm, targets) }),
    classes: scoresByClass(confusionMatrix(targets, predicted, size)),
    costs: input.costs ?? {},
  };
}

function softReport(
  { input, rows, correct }: Arm,
  targets: ArrayLike<number>,
): NonNullable<ArmReport['soft']> {
  const confidences = rows.map(confidenceOf);
  const curve = reliabilityCurve(confidences, correct, calibrationBins);
  const ofEqualMass = reliabilityCurve(confidences, correct, calibrationBins, 'equal-mass');
  return {
    top3: topKAccuracy(targets, rows, 3),
    logLoss: logLoss(targets, rows),
    brier: brierScore(targets, rows),
    calibration: {
      error: expectedCalibrationError(curve),
      errorEqualMass: expectedCalibrationError(ofEqualMass),
      curve,
      ...('logits' in input &&
        input.validation && { scaled: scaledReport(input.logits, input.validation, correct) }),
    },
  };
}

function confidenceOf(row: ArrayLike<number>): number {
  return row[argMax(row)]!;
}

/** Calibration after the temperature that suits validation data best, which leaves all answers as they are. */
function scaledReport(
  logits: Rows,
  validation: NonNullable<ArmInput['validation']>,
  correct: Uint8Array,
): { temperature: number; error: number } {
  const temperature = fitTemperature(validation.logits, validation.targets);
  const confidences = logits.map((row) => confidenceOf(probabilities(row, temperature)));
  return {
    temperature,
    error: expectedCalibrationError(reliabilityCurve(confidences, correct, calibrationBins)),
  };
}

function differenceOf(
  student: Arm,
  other: Arm,
  against: 'alone' | 'teacher',
  options: BootstrapOptions,
): DifferenceReport {
  const found = pairedBootstrap(
    meanOf(student.correct),
    meanOf(other.correct),
    student.correct.length,
    options,
  );
  const { firstOnly, secondOnly, p } = mcnemar(student.correct, other.correct);
  const sentence = (against === 'alone' ? sentenceAgainstAlone : sentenceAgainstTeacher)(found);
  return { against, ...found, studentOnly: firstOnly, otherOnly: secondOnly, p, sentence };
}

type Found = { readonly estimate: number; readonly low: number; readonly high: number };

function sentenceAgainstAlone(found: Found): string {
  const who = 'The distilled student';
  const range = `(95 % interval ${pointsRange(found)})`;
  if (found.low > 0) return `${who} beats the same student alone by ${points(found.estimate)} ${range}.`;
  if (found.high < 0) {
    return `${who} is worse than the same student alone by ${points(found.estimate)} ${range}.`;
  }
  return `${who} does not measurably beat the same student alone: ${signedPoints(found.estimate)} points ${range}.`;
}

function sentenceAgainstTeacher(found: Found): string {
  const range = `(95 % interval ${pointsRange(found)})`;
  if (found.low > 0) return `It surpasses its teacher by ${points(found.estimate)} ${range}.`;
  if (found.high < 0) return `It stays ${points(found.estimate)} behind its teacher ${range}.`;
  return `In accuracy it cannot be told from its teacher: ${signedPoints(found.estimate)} points ${range}.`;
}

function verdictOf(student: Arm, differences: readonly DifferenceReport[]): ClassificationReport['verdict'] {
  const helped = differences.find(({ against }) => against === 'alone');
  const right = student.correct.reduce((sum, value) => sum + value, 0);
  const share = percent(right / student.correct.length);
  if (!helped) {
    const taught = differences.some(({ against }) => against === 'teacher');
    const rest = taught ? '; it was not compared with the same student taught without a teacher' : '';
    const sentence = `The student answers ${share} of the test examples right${rest}.`;
    return { distillation: 'not compared', sentence };
  }
  const distillation = helped.low > 0 ? 'helped' : helped.high < 0 ? 'hurt' : 'not shown';
  return { distillation, sentence: helped.sentence };
}
