import { expect, test } from 'vitest';
import { abstentionCurve } from '../../src/assessment/abstention.js';

test('of scores that tell right from wrong, what is kept is right', () => {
  const scores = Array.from({ length: 100 }, (_, i) => i / 100);
  const curve = abstentionCurve(
    scores,
    scores.map((score) => score >= 0.5),
  );
  expect(curve.map(({ coverage }) => coverage)).toEqual([1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]);
  expect(curve.map(({ right }) => right).slice(4)).toEqual([5 / 6, 1, 1, 1, 1, 1]);
  expect(curve[5]!.threshold).toBe(0.5);
});

test('equal scores are kept together', () => {
  expect(abstentionCurve([1, 1, 1, 0], [true, true, false, false]).at(-1)).toEqual({
    threshold: 1,
    coverage: 0.75,
    right: 2 / 3,
  });
});
