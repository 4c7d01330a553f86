import { random } from '@tutelage/engine';
import { describe, expect, it } from 'vitest';
import { agreement } from '../../src/assessment/agreement.js';
import { auc } from '../../src/assessment/auc.js';
import { accuracy, averagedF1, topKAccuracy } from '../../src/assessment/classification.js';
import { kendall, pearson, spearman } from '../../src/assessment/correlation.js';
import { mcnemar } from '../../src/assessment/intervals.js';
import { cohenKappa, fleissKappa, krippendorffAlpha } from '../../src/assessment/kappa.js';
import { predictedClasses, probabilities } from '../../src/assessment/probabilities.js';
import {
  averagePrecision,
  measureRun,
  precisionAt,
  recallAt,
  reciprocalRank,
} from '../../src/assessment/ranking.js';

const n = 20_000;
const k = 5;

/** Numbers in [0, 1) that know nothing of those of another name. */
function noise(name: string, count = n): Float32Array {
  const out = new Float32Array(count);
  random.fillUniform(out, random.key(name));
  return out;
}

function rows(name: string, width: number): Float64Array[] {
  const values = noise(name, n * width);
  return Array.from({ length: n }, (_, i) => probabilities(values.subarray(i * width, (i + 1) * width)));
}

const classes = Int32Array.from(noise('classes'), (u) => Math.floor(u * k));
const scores = rows('scores', k);
const predicted = predictedClasses(scores);

describe('answers that know nothing of the labels give chance level', () => {
  it('accuracy, top-k accuracy and F1', () => {
    expect(Math.abs(accuracy(classes, predicted) - 1 / k)).toBeLessThan(0.015);
    for (const at of [1, 2, 3])
      expect(Math.abs(topKAccuracy(classes, scores, at) - at / k)).toBeLessThan(0.015);
    const f1 = averagedF1(classes, predicted, k);
    for (const value of Object.values(f1)) expect(Math.abs(value - 1 / k)).toBeLessThan(0.015);
  });

  it('AUC, also with ties', () => {
    const positive = Array.from(classes, (label) => (label === 0 ? 1 : 0));
    const scale = noise('single score');
    expect(Math.abs(auc(positive, scale) - 0.5)).toBeLessThan(0.015);
    expect(
      Math.abs(
        auc(
          positive,
          scale.map((u) => Math.floor(3 * u)),
        ) - 0.5,
      ),
    ).toBeLessThan(0.015);
    expect(auc(positive, new Float32Array(n))).toBe(0.5);
  });

  it('kappas, alpha and correlations', () => {
    const raters = rows('raters', 2 * k).map((row) => [0, 1].map((r) => Math.floor(row[r]! * 1e6) % k));
    const counts = raters.map((item) =>
      Array.from({ length: k }, (_, c) => item.filter((x) => x === c).length),
    );
    const [x, y] = [noise('x'), noise('y')];
    const all = [cohenKappa(classes, predicted), fleissKappa(counts), krippendorffAlpha(raters)];
    for (const value of [...all, pearson(x, y), spearman(x, y), kendall(x, y)]) {
      expect(Math.abs(value)).toBeLessThan(0.03);
    }
  });

  it('agreement with a teacher, who is followed no more where right than where wrong', () => {
    const found = agreement(scores, rows('teacher', k), classes);
    for (const value of [found.top1, found.whereTeacherRight!, found.whereTeacherWrong!]) {
      expect(Math.abs(value - 1 / k)).toBeLessThan(0.02);
    }
    expect(Math.abs(found.kappa)).toBeLessThan(0.02);
    expect(found.kl).toBeGreaterThan(0);
  });

  it("McNemar's test finds no difference between two guessers", () => {
    const [first, second] = ['first', 'second'].map((name) => noise(name).map((u) => (u < 0.2 ? 1 : 0)));
    expect(mcnemar(first!, second!).p).toBeGreaterThan(0.01);
  });

  it('rankings in random order', () => {
    const documents = 10;
    const values = noise('documents', n);
    const queries = Array.from({ length: n / documents }, (_, q) => `q${q}`);
    const judgements = new Map(queries.map((q) => [q, new Map([['d3', 1]])]));
    const run = new Map(
      queries.map((q, i) => [
        q,
        new Map(Array.from({ length: documents }, (_, d) => [`d${d}`, values[i * documents + d]!])),
      ]),
    );
    const harmonic =
      Array.from({ length: documents }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b) / documents;
    expect(Math.abs(measureRun(judgements, run, precisionAt(1)) - 1 / documents)).toBeLessThan(0.02);
    expect(Math.abs(measureRun(judgements, run, recallAt(3)) - 3 / documents)).toBeLessThan(0.03);
    expect(Math.abs(measureRun(judgements, run, reciprocalRank) - harmonic)).toBeLessThan(0.02);
    expect(Math.abs(measureRun(judgements, run, averagePrecision) - harmonic)).toBeLessThan(0.02);
  });
});
