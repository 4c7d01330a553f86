import { expect, test } from 'vitest';
import { atLeast, type TracedOutcome, tracedFigures } from '../../src/assessment/traced-answers.js';

const outcome = (answer: string, quality: number, traceTokens: number): TracedOutcome => ({
  formatted: answer !== '',
  valid: quality > 0,
  quality,
  traceTokens,
  answer,
});
const questions = [
  [outcome('a', 1, 4), outcome('a', 1, 0), outcome('b', 0.5, 8)],
  [outcome('c', 0, 12), outcome('', 0, 30), outcome('d', 0.8, 6)],
];

test('figures of answers after traces', () => {
  const found = tracedFigures(questions);
  expect(found).toMatchObject({ formatted: 5 / 6, best: 1 / 3, traceTokens: 10, traceTokensOfBest: 2 });
  expect(found.valid).toBeCloseTo(4 / 6, 12);
  expect(found.quality).toBeCloseTo(3.3 / 6, 12);
  expect(found.atOnce).toBeCloseTo(1 / 6, 12);
  expect(found.distinct).toBe(1.5);
  expect(tracedFigures([[outcome('c', 0, 12)]]).traceTokensOfBest).toBe(0);
});

test('questions with so many good answers are counted', () => {
  expect([1, 2, 3].map((k) => atLeast(questions, k, 'valid'))).toEqual([1, 0.5, 0.5]);
  expect([1, 2, 3].map((k) => atLeast(questions, k, 'best'))).toEqual([0.5, 0.5, 0]);
});
