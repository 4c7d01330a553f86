import { expect, test } from 'vitest';
import { supportReliability } from '../../src/assessment/support.js';
import type { Questionnaire } from '../../src/tasks/questionnaires/questionnaire.js';

const scale = { low: 0, high: 5 };
const data: Questionnaire = {
  learners: ['a', 'b', 'c', 'd', 'e'],
  features: [{ ...scale, name: 'reading' }],
  answers: Float32Array.of(1, 2, 3, 4, 5),
  supports: [{ ...scale, name: 'maps', kind: 'tool' }],
  ratings: Float32Array.of(5, 4, 3, 0, Number.NaN),
  threshold: 3,
};

test('figures of a support are over those who rated it', () => {
  const chances = [0.9, 0.8, 0.4, 0.45, 0.1];
  const [found] = supportReliability(data, chances, [0.5, 0.5, 0.5, 0.5, 0.5]);
  expect(found).toMatchObject({ name: 'maps', rated: 4, prevalence: 0.75, majority: 0.75, accuracy: 0.75 });
  expect(found!.balanced).toBeCloseTo((2 / 3 + 1) / 2, 10);
  expect(found!.auc).toBeCloseTo(2 / 3, 10);
  expect(found!.brier).toBeCloseTo((0.01 + 0.04 + 0.36 + 0.2025) / 4, 10);
});

test('a threshold at the prevalence finds what is above it', () => {
  const [found] = supportReliability(data, [0.9, 0.9, 0.9, 0.7, 0.7], [0.8, 0.8, 0.8, 0.8, 0.8]);
  expect(found!.balanced).toBe(1);
  expect(found!.accuracy).toBe(0.75);
});
