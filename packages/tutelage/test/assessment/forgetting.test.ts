import { expect, test } from 'vitest';
import { keptLearning } from '../../src/assessment/forgetting.js';

test('by hand', () => {
  const kept = keptLearning([0.4, 0.8], { after: 0.9, atEnd: 0.4 });
  expect(kept.average).toBeCloseTo(0.6);
  expect(kept.forgetting).toBeCloseTo(0.5);
  expect(kept.score).toBeCloseTo(1.2 / 1.3);
});

test('at chance after all is forgotten, five classes come to a third', () => {
  expect(keptLearning([0, 0, 0, 0, 1], { after: 1, atEnd: 0 }).score).toBeCloseTo(1 / 3);
});

test('later gain is defined, and better than none', () => {
  const gained = keptLearning([0.8, 0.8], { after: 0.6, atEnd: 0.8 });
  expect(gained.forgetting).toBeCloseTo(-0.2);
  expect(gained.score).toBeGreaterThan(keptLearning([0.8, 0.8], { after: 0.8, atEnd: 0.8 }).score);
});
