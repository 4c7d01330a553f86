import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { cyclicalShares } from '../../src/curricula/cyclical-shares.js';
import { drawWithoutReplacement, shuffled } from '../../src/curricula/weighted-draw.js';

const paper = { start: 0.25, end: 1, factor: 0.5 };
const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);

test("the paper's cycle has four entries and 2.25 passes; 30 passes are 54 entries", () => {
  const shares = cyclicalShares({ ...paper, passes: 30 });
  expect(shares).toHaveLength(54);
  expect(sum(shares)).toBe(30);
  const cycle = [0.25, 0.5, 1, 0.5];
  expect(shares).toEqual(Array.from(shares, (_, i) => cycle[i % 4]));
});

test('any cycle is a triangle in the logarithm: start / factor^distance from the start, up to the end', () => {
  const shares = cyclicalShares({ start: 0.1, end: 0.8, factor: 0.5, passes: 40 });
  const closed = (i: number) => 0.1 * 2 ** (3 - Math.abs((i % 6) - 3));
  for (const [i, share] of shares.entries()) expect(share).toBeCloseTo(closed(i), 9);
  expect(sum(shares)).toBeGreaterThanOrEqual(40);
  expect(sum(shares.slice(0, -1))).toBeLessThan(40);
});

test('steps that do not meet the ends are cut to them', () => {
  expect(cyclicalShares({ start: 0.3, end: 1, factor: 0.5, passes: 3 })).toEqual([
    0.3, 0.6, 1, 0.5, 0.3, 0.6,
  ]);
});

test('equal ends are plain epochs of that share', () => {
  expect(cyclicalShares({ start: 1, end: 1, factor: 0.5, passes: 3 })).toEqual([1, 1, 1]);
});

test('impossible cycles are told', () => {
  expect(() => cyclicalShares({ ...paper, start: 0, passes: 1 })).toThrow('0 < start <= end <= 1: 0 and 1');
  expect(() => cyclicalShares({ ...paper, end: 0.1, passes: 1 })).toThrow('0.25 and 0.1');
  expect(() => cyclicalShares({ ...paper, factor: 1, passes: 1 })).toThrow(
    'factor must lie between 0 and 1: 1',
  );
});

test('draws without replacement follow the weights, one after the other', () => {
  const weights = [1, 2, 3, 4];
  const rounds = 20_000;
  const first = new Float64Array(4);
  const second = new Float64Array(4);
  for (let round = 0; round < rounds; round++) {
    const [a, b] = drawWithoutReplacement(weights, 2, random.key(round));
    first[a!]! += 1 / rounds;
    second[b!]! += 1 / rounds;
  }
  weights.forEach((weight, i) => {
    // P(second = i) is the sum over the others of p(j) w(i) / (10 - w(j)).
    const others = weights.flatMap((own, j) => (j === i ? [] : [(own / 10) * (weight / (10 - own))]));
    expect(Math.abs(second[i]! - sum(others))).toBeLessThan(0.015);
    expect(Math.abs(first[i]! - weight / 10)).toBeLessThan(0.015);
  });
});

test('a draw of all is an order of all', () => {
  expect(shuffled(50, random.key(1)).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
});
