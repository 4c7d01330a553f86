import { expect, test } from 'vitest';
import { economyOf } from '../../src/assessment/economy.js';

const asked = { examples: 100, seconds: 2, cpuSeconds: 4 };

test('ratios speak for the student when they are above 1', () => {
  const teacher = {
    title: 'big',
    asked,
    costs: { examplesPerSecond: 50, cpuSecondsPerThousand: 40, bytes: 9000 },
  };
  const student = { examplesPerSecond: 5000, cpuSecondsPerThousand: 0.2, bytes: 18_000 };
  expect(economyOf(teacher, student)).toEqual({
    teacher,
    timesFaster: 100,
    timesLessComputing: 200,
    timesSmaller: 0.5,
  });
});

test('what is not known of both is left out', () => {
  const teacher = { title: 'endpoint', asked, costs: { dollarsPerThousand: 0.5, examplesPerSecond: 0 } };
  expect(economyOf(teacher, { examplesPerSecond: 5, bytes: 3 })).toEqual({ teacher });
});
