import { describe, expect, test } from 'vitest';
import { dynamicWeights, normalisedEntropy } from '../../src/curricula/dynamic-weights.js';

test('entropies are 0 where one score stands out, 1 where all are alike', () => {
  expect(normalisedEntropy([100, 0, 0])).toBeCloseTo(0, 12);
  expect(normalisedEntropy([3, 3, 3, 3])).toBeCloseTo(1, 12);
  // Of 3/4 and 1/4.
  expect(normalisedEntropy([Math.log(3), 0])).toBeCloseTo(
    (0.75 * Math.log(4 / 3) + 0.25 * Math.log(4)) / Math.log(2),
    12,
  );
});

describe('weights', () => {
  const [teacher, student] = [
    [0.2, 0.8],
    [0.6, 0.3],
  ] as const;
  const mean = ([a, b]: readonly number[]) => (a! + b!) / 2;

  test.each([
    ['static', [1, 1]],
    ['student', [0.6, 0.3]],
    ['dynamic', [0.6 * 0.8, 0.3 * 0.2]],
    ['reverse', [0.4 * 0.2, 0.7 * 0.8]],
  ] as const)('by the rule %s are of mean 1', (rule, raw) => {
    const expected = raw.map((weight) => expect.closeTo(weight / mean(raw), 12));
    expect(dynamicWeights(teacher, student, rule)).toEqual(expected);
  });

  test('are held in [0.1, 5]', () => {
    const alike = new Array<number>(20).fill(0.001);
    const found = dynamicWeights(new Array<number>(21).fill(0), [1, ...alike], 'student');
    expect([found[0], found[1]]).toEqual([5, 0.1]);
  });

  test('that are all 0 are refused', () => {
    expect(() => dynamicWeights([1, 1], [0.5, 0.5], 'dynamic')).toThrow('all weights are 0');
  });
});
