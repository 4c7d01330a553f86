import { checkPaired, mean } from './checks.js';
import type { ConfusionMatrix } from './confusion.js';

/** How well one class is recognised. */
export interface ClassScores {
  /** Share of the answers of this class that are right; 0 if it is never answered. */
  readonly precision: number;
  /** Share of the examples of this class that are found; 0 if there is none. */
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
  /** Number of its examples. */
  readonly support: number;
  /** How often it is answered. */
  readonly answered: number;
}

/** Share of right answers, in [0, 1]. */
export function accuracy(classes: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkPaired('accuracy', classes, predicted);
  return mean(correctness(classes, predicted));
}

/** 1 where the answer is right, else 0. */
export function correctness(classes: ArrayLike<number>, predicted: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(classes, (label, i) => (label === predicted[i] ? 1 : 0));
}

/** Precision, recall and F1 of each class (van Rijsbergen 1979, chapter 7). */
export function scoresByClass({ size, counts }: ConfusionMatrix): ClassScores[] {
  return Array.from({ length: size }, (_, label) => {
    let support = 0;
    let answered = 0;
    for (let other = 0; other < size; other++) {
      support += counts[label * size + other]!;
      answered += counts[other * size + label]!;
    }
    const right = counts[label * size + label]!;
    return {
      precision: ratio(right, answered),
      recall: ratio(right, support),
      f1: ratio(2 * right, support + answered),
      support,
      answered,
    };
  });
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

export interface AveragedF1 {
  /** Mean over the classes that occur, among examples or answers. */
  readonly macro: number;
  /** From the counts of all classes together: with one answer an example it equals the accuracy. */
  readonly micro: number;
  /** Mean over classes, weighted by support. */
  readonly weighted: number;
}

/**
 * F1 over all classes, averaged in the three usual ways.
 *
 * @param positions which examples to measure, some perhaps more than once, as a bootstrap draws them; all if not given
 */
export function averagedF1(
  classes: ArrayLike<number>,
  predicted: ArrayLike<number>,
  size: number,
  positions?: ArrayLike<number>,
): AveragedF1 {
  checkPaired('F1', classes, predicted);
  const [right, occurrences, support] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  const count = positions?.length ?? classes.length;
  let allRight = 0;
  for (let i = 0; i < count; i++) {
    const at = positions ? positions[i]! : i;
    const [label, answer] = [classes[at]!, predicted[at]!];
    support[label]! += 1;
    occurrences[label]! += 1;
    occurrences[answer]! += 1;
    if (label !== answer) continue;
    right[label]! += 1;
    allRight += 1;
  }
  let [present, sum, weightedSum] = [0, 0, 0];
  for (let label = 0; label < size; label++) {
    if (occurrences[label] === 0) continue;
    const f1 = (2 * right[label]!) / occurrences[label]!;
    present += 1;
    sum += f1;
    weightedSum += f1 * support[label]!;
  }
  return { macro: sum / present, micro: allRight / count, weighted: weightedSum / count };
}

/**
 * Share of the examples whose class is among the `k` with the highest scores. Of equal scores those of later classes come first,
 * as in scikit-learn.
 *
 * @param scores [examples][classes], of any scale
 */
export function topKAccuracy(
  classes: ArrayLike<number>,
  scores: readonly ArrayLike<number>[],
  k: number,
): number {
  checkPaired('top-k accuracy', classes, scores);
  let found = 0;
  scores.forEach((row, i) => {
    const label = classes[i]!;
    let ahead = 0;
    for (let other = 0; other < row.length; other++) {
      const lead = row[other]! - row[label]!;
      if (lead > 0 || (lead === 0 && other > label)) ahead += 1;
    }
    if (ahead < k) found += 1;
  });
  return found / classes.length;
}

/** No probability counts as less than this, so that one certain mistake does not make the mean infinite. */
const leastProbability = Number.EPSILON;

/**
 * Mean negative log-likelihood of the true class, in nats.
 *
 * @param predicted probabilities, [examples][classes]
 */
export function logLoss(classes: ArrayLike<number>, predicted: readonly ArrayLike<number>[]): number {
  checkPaired('log loss', classes, predicted);
  return mean(predicted.map((row, i) => -Math.log(Math.max(row[classes[i]!]!, leastProbability))));
}

/**
 * Mean squared distance of the probabilities from the true class, in [0, 2] (Brier 1950, in its original form over all
 * classes).
 */
export function brierScore(classes: ArrayLike<number>, predicted: readonly ArrayLike<number>[]): number {
  checkPaired('Brier score', classes, predicted);
  return mean(
    predicted.map((row, i) => {
      let sum = 0;
      for (let label = 0; label < row.length; label++) {
        sum += (row[label]! - (label === classes[i] ? 1 : 0)) ** 2;
      }
      return sum;
    }),
  );
}
