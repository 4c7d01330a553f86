import { auc } from '../assessment/auc.js';
import {
  expectedCalibrationError,
  type ReliabilityBin,
  reliabilityCurve,
} from '../assessment/calibration.js';
import type { Interactions } from '../tasks/interactions/index.js';

/** How good estimates of answers are. Every answer counts once; the first answers of each learner, before which nothing is known, do not count. */
export interface TracingAssessment {
  readonly answers: number;
  /** Over all answers together: it rewards telling able learners from others as well as tracing. */
  readonly auc: number;
  /** Of each learner alone, weighted by answers; learners who are always right or always wrong are left out; 0.5 if all are. */
  readonly withinLearner: number;
  /** Of right against wrong at a chance of 0.5. */
  readonly accuracy: number;
  /** Root of the mean squared error of the chances. */
  readonly rmse: number;
  /** In nats. */
  readonly logLoss: number;
  readonly calibrationError: number;
  readonly calibration: readonly ReliabilityBin[];
}

const bins = 15;
const smallest = 1e-7;

/**
 * Assesses the chances that a tracer gives to the answers of some learners.
 *
 * @param chances as {@link Tracer.predict} returns them
 * @throws {RangeError} when all answers that count are right, or all are wrong
 */
export function assessTracing(
  data: Interactions,
  learners: Int32Array,
  chances: Float32Array,
): TracingAssessment {
  const [truth, estimate]: [number[], number[]] = [[], []];
  let [within, weight, offset] = [0, 0, 0];
  for (const u of learners) {
    const [begin, end] = [data.offsets[u]!, data.offsets[u + 1]!];
    const start = truth.length;
    for (let row = begin; row < end; row++) {
      if (data.first[row] === begin) continue;
      truth.push(data.response[row]!);
      estimate.push(chances[offset + row - begin]!);
    }
    offset += end - begin;
    const own = truth.slice(start);
    if (own.some((r) => r !== own[0])) {
      within += own.length * auc(own, estimate.slice(start));
      weight += own.length;
    }
  }
  const errors = truth.map((r, i) => r - estimate[i]!);
  const calibration = reliabilityCurve(estimate, truth, bins);
  const meanOf = (of: (r: number, p: number) => number) =>
    truth.reduce((sum, r, i) => sum + of(r, estimate[i]!), 0) / truth.length;
  return {
    answers: truth.length,
    auc: auc(truth, estimate),
    withinLearner: weight > 0 ? within / weight : 0.5,
    accuracy: meanOf((r, p) => (p >= 0.5 ? r : 1 - r)),
    rmse: Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length),
    logLoss: meanOf((r, p) => -Math.log(Math.max(smallest, r === 1 ? p : 1 - p))),
    calibrationError: expectedCalibrationError(calibration),
    calibration,
  };
}
