import { describe, expect, it } from 'vitest';
import { accuracy, averagedF1 } from '../../src/assessment/classification.js';
import { type ArmInput, assessClassifier } from '../../src/assessment/classification-report.js';
import { classificationReport } from '../../src/assessment/classification-report-schema.js';
import { learningCurve } from '../../src/assessment/learning-curves.js';
import { predictedClasses, probabilities } from '../../src/assessment/probabilities.js';
import { assessmentOf, logitsOf, reportOf, three } from '../report/assessed.js';

const input = assessmentOf(three);
const { student, teacher, alone } = input.arms;
const compare = (first: ArmInput, second: ArmInput) =>
  assessClassifier({ ...input, arms: { student: first, alone: second } }).verdict;

describe('assessing a classifier', () => {
  it('is plain data that fits its schema and comes back from JSON as it was', () => {
    const report = reportOf(three);
    expect(classificationReport.parse(report)).toEqual(report);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(reportOf(three)).toEqual(report);
  });

  it('has the metrics of each arm, within their intervals', () => {
    const report = reportOf(three);
    expect(report.arms.map(({ id }) => id)).toEqual(['teacher', 'student', 'alone']);
    for (const { id, accuracy: found, macroF1, soft } of report.arms) {
      const predicted = predictedClasses(logitsOf(id, three));
      expect(found.estimate).toBeCloseTo(accuracy(input.targets, predicted), 12);
      expect(macroF1.estimate).toBeCloseTo(averagedF1(input.targets, predicted, 3).macro, 12);
      for (const { low, estimate, high } of [found, macroF1]) {
        expect(low).toBeLessThan(estimate);
        expect(estimate).toBeLessThan(high);
      }
      expect(soft!.top3).toBe(1);
      expect(soft!.calibration.scaled!.temperature).toBeGreaterThan(0);
    }
  });

  it('counts confusions and where student and teacher part', () => {
    const { confusion, disagreements, agreement } = reportOf(three);
    expect(confusion.counts!.reduce((a, b) => a + b)).toBe(300);
    expect(disagreements.total).toBe(Math.round(300 * (1 - agreement!.top1)));
    expect(disagreements.shown[0]!.text).toMatch(/^a text \d+$/);
  });

  it('says whether distillation helped', () => {
    expect(compare(student, alone!)).toEqual({
      distillation: 'helped',
      sentence: expect.stringMatching(
        /^The distilled student beats the same student alone by \d+\.\d points \(95 % interval \d+\.\d to \d+\.\d\)\.$/,
      ),
    });
    expect(compare(alone!, student)).toEqual({
      distillation: 'hurt',
      sentence: expect.stringContaining('is worse than the same student alone by'),
    });
    expect(compare(student, student)).toEqual({
      distillation: 'not shown',
      sentence:
        'The distilled student does not measurably beat the same student alone: 0.0 points (95 % interval 0.0 to 0.0).',
    });
    const single = assessClassifier({ ...input, arms: { student } });
    expect(single.verdict.distillation).toBe('not compared');
    expect(single).not.toHaveProperty('agreement');
  });

  it('takes a teacher that gives answers alone, and probabilities for logits', () => {
    const answers = predictedClasses(logitsOf('teacher', three));
    const report = assessClassifier({ ...input, arms: { student, teacher: { title: 'labels', answers } } });
    expect(report.arms[0]).not.toHaveProperty('soft');
    expect(report.arms[0]!.accuracy).toEqual(reportOf(three).arms[0]!.accuracy);
    expect(report.disagreements.shown[0]).not.toHaveProperty('teacherConfidence');
    expect(classificationReport.parse(report)).toEqual(report);
  });

  it('keeps the matrix of few classes only', () => {
    const labels = Array.from({ length: 31 }, (_, i) => `label ${i}`);
    const { confusion } = reportOf({ examples: 62, labels });
    expect(confusion).not.toHaveProperty('counts');
    expect(confusion.pairs.length).toBeGreaterThan(0);
  });

  it('refuses scores that are missing, of the wrong width or not finite', () => {
    const assess =
      (arm: ArmInput, targets = input.targets) =>
      () =>
        assessClassifier({ ...input, targets, arms: { student: arm, teacher: teacher! } });
    const logits = logitsOf('student', three);
    expect(assess({ title: '', logits: logits.slice(1) })).toThrow('299 answers for 300 test examples');
    const wrong = (row: Float32Array) => logits.map((other, i) => (i === 4 ? row : other));
    const message = 'no probabilities over 3 classes: student, test example 4';
    expect(assess({ title: '', logits: wrong(Float32Array.of(1, 2)) })).toThrow(message);
    expect(assess({ title: '', logits: wrong(Float32Array.of(1, Number.NaN, 0)) })).toThrow(message);
    const soft = logits.map((row, i) => (i === 4 ? [1, 1, 0] : probabilities(row)));
    expect(assess({ title: '', probabilities: soft })).toThrow(message);
    expect(assess({ title: '', answers: new Int32Array(300).fill(3) })).toThrow('test example 0');
    expect(assess(student, new Int32Array(0))).toThrow('there is no test example');
  });
});

describe('learning curves', () => {
  it('leave out rows without the metric or not finite, and average neighbours when long', () => {
    const rows = [
      { step: 1, loss: 2 },
      { step: 2, loss: Number.NaN },
      { step: 3, accuracy: 1 },
    ];
    expect(learningCurve('student', 'loss', rows).points).toEqual([[1, 2]]);
    expect(learningCurve('student', 'none', rows).points).toEqual([]);
    const long = Array.from({ length: 301 }, (_, step) => ({ step, loss: step }));
    const { points } = learningCurve('student', 'loss', long);
    expect(points).toHaveLength(101);
    expect(points.slice(0, 2)).toEqual([
      [2, 1],
      [5, 4],
    ]);
    expect(points.at(-1)).toEqual([300, 300]);
  });
});
