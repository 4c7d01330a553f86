import { describe, expect, it } from 'vitest';
import { auc } from '../../src/assessment/auc.js';
import { expectedCalibrationError, reliabilityCurve } from '../../src/assessment/calibration.js';
import {
  accuracy,
  averagedF1,
  brierScore,
  correctness,
  logLoss,
  scoresByClass,
  topKAccuracy,
} from '../../src/assessment/classification.js';
import { confusionMatrix, topConfusions } from '../../src/assessment/confusion.js';
import { cohenKappa } from '../../src/assessment/kappa.js';
import { logProbabilities, predictedClasses, probabilities } from '../../src/assessment/probabilities.js';
import { fitTemperature } from '../../src/assessment/temperature.js';
import { fixtures } from './fixtures.js';

const expected = fixtures.classification;
const { classes, logits } = expected;
const predicted = predictedClasses(logits);
const soft = logits.map((row) => probabilities(row));

describe('against scikit-learn', () => {
  it('accuracy and F1', () => {
    expect(accuracy(classes, predicted)).toBeCloseTo(expected.accuracy, 12);
    const f1 = averagedF1(classes, predicted, 5);
    expect(f1.macro).toBeCloseTo(expected.f1.macro, 12);
    expect(f1.micro).toBeCloseTo(expected.f1.micro, 12);
    expect(f1.weighted).toBeCloseTo(expected.f1.weighted, 12);
  });

  it('precision, recall and support of each class, one of which is never answered', () => {
    const matrix = confusionMatrix(classes, predicted, 5);
    expect([...matrix.counts]).toEqual(expected.confusion);
    scoresByClass(matrix).forEach((scores, label) => {
      expect(scores.precision).toBeCloseTo(expected.byClass.precision[label]!, 12);
      expect(scores.recall).toBeCloseTo(expected.byClass.recall[label]!, 12);
      expect(scores.f1).toBeCloseTo(expected.byClass.f1[label]!, 12);
      expect(scores.support).toBe(expected.byClass.support[label]);
    });
  });

  it.each([1, 2, 3])('top-%i accuracy, with ties', (k) => {
    expect(topKAccuracy(classes, logits, k)).toBeCloseTo(expected.top[k - 1]!, 12);
  });

  it('log loss, Brier score, AUC with ties, kappa', () => {
    expect(logLoss(classes, soft)).toBeCloseTo(expected.logLoss, 12);
    expect(brierScore(classes, soft)).toBeCloseTo(expected.brier, 12);
    const positive = classes.map((label) => (label === 1 ? 1 : 0));
    const scores = logits.map((row) => row[1]!);
    expect(new Set(scores).size).toBeLessThan(scores.length);
    expect(auc(positive, scores)).toBeCloseTo(expected.auc, 12);
    expect(cohenKappa(classes, predicted)).toBeCloseTo(expected.kappa, 12);
  });
});

describe('calibration', () => {
  const confidences = soft.map((row) => Math.max(...row));
  const correct = correctness(classes, predicted);

  it('has the reference error with bins of equal width and of equal mass', () => {
    const error = (kind: 'equal-width' | 'equal-mass') =>
      expectedCalibrationError(reliabilityCurve(confidences, correct, 10, kind));
    expect(error('equal-width')).toBeCloseTo(expected.ece.width, 12);
    expect(error('equal-mass')).toBeCloseTo(expected.ece.mass, 12);
  });

  it('puts confidences 0 and 1 into the outermost bins', () => {
    const curve = reliabilityCurve([0, 1, 0.5], [0, 1, 1], 2);
    expect(curve).toEqual([
      { from: 0, to: 0.5, count: 2, confidence: 0.25, accuracy: 0.5 },
      { from: 0.5, to: 1, count: 1, confidence: 1, accuracy: 1 },
    ]);
  });

  it('fits the temperature that minimises the log loss', () => {
    expect(fitTemperature(logits, classes)).toBeCloseTo(expected.temperature, 5);
    const doubled = logits.map((row) => row.map((x) => 2 * x));
    expect(fitTemperature(doubled, classes)).toBeCloseTo(2 * expected.temperature, 5);
  });
});

describe('probabilities', () => {
  it('sum to 1 for logits that overflow exp', () => {
    expect([...probabilities([1000, 1000, -1000])]).toEqual([0.5, 0.5, 0]);
    expect(logProbabilities([0, -1000])[1]).toBe(-1000);
  });
});

describe('confusion', () => {
  it('lists the pairs confused most', () => {
    const matrix = confusionMatrix([0, 0, 1, 2, 2], [1, 1, 0, 2, 0], 3);
    expect(topConfusions(matrix, 2)).toEqual([
      { actual: 0, predicted: 1, count: 2 },
      { actual: 1, predicted: 0, count: 1 },
    ]);
  });

  it('refuses classes that do not exist and lists of different lengths', () => {
    expect(() => confusionMatrix([0], [3], 3)).toThrow('no such class: 3; there are 3');
    expect(() => accuracy([0, 1], [0])).toThrow('accuracy: lists of different lengths: 2 and 1');
    expect(() => accuracy([], [])).toThrow('nothing to measure');
  });

  it('has no AUC for one kind alone', () => {
    expect(() => auc([1, 1], [0, 1])).toThrow('2 positive and 0 negative');
  });
});
