import { describe, expect, test } from 'vitest';
import {
  allOrders,
  type ClassGeometry,
  classDistances,
  classGeometry,
  scoreOrder,
} from '../../src/curricula/class-order.js';

/** A table whose entry of i and j is ij in decimals, so that each term of a score can be read off. */
const readable = (count: number): ClassGeometry => ({
  normalised: Array.from({ length: count }, (_, i) =>
    Array.from({ length: count }, (_, j) => (i === j ? 0 : (10 * (i + 1) + j + 1) / 1000)),
  ),
  spread: Array.from({ length: count }, (_, i) => (i + 1) / 10),
});

describe('the score by hand', () => {
  test.each([
    // 1 - v1; 1 - D[first][last] and so on inwards; D of neighbours.
    [4, [1, 2, 3, 4], 0.9, 1 - 0.014 + 1 - 0.023, 0.012 + 0.023],
    [4, [3, 1, 4, 2], 0.7, 1 - 0.032 + 1 - 0.014, 0.031 + 0.014],
    [5, [1, 2, 3, 4, 5], 0.9, 1 - 0.015 + 1 - 0.024, 0.012 + 0.023],
    [5, [5, 3, 1, 2, 4], 0.5, 1 - 0.054 + 1 - 0.032, 0.053 + 0.031],
    [6, [1, 2, 3, 4, 5, 6], 0.9, 1 - 0.016 + 1 - 0.025 + 1 - 0.034, 0.012 + 0.023 + 0.034],
  ])('%i classes, %j', (count, order, start, ends, neighbours) => {
    const found = scoreOrder(
      readable(count),
      order.map((one) => one - 1),
    );
    expect(found.start).toBeCloseTo(start, 12);
    expect(found.ends).toBeCloseTo(ends, 12);
    expect(found.neighbours).toBeCloseTo(neighbours, 12);
    expect(found.total).toBeCloseTo(start + ends + neighbours, 12);
  });

  test('with an even number, the innermost pair adds 1 to any order', () => {
    const geometry = readable(4);
    for (const order of allOrders(4)) {
      const [a, b, , d] = order as [number, number, number, number];
      const outer = 1 - geometry.normalised[a]![d]! + geometry.normalised[a]![b]!;
      expect(scoreOrder(geometry, order).total).toBeCloseTo(1 - geometry.spread[a]! + outer + 1, 12);
    }
  });
});

test('distances of means', () => {
  const means = [
    [1, 0],
    [0, 2],
    [3, 0],
  ];
  expect(classDistances(means, 'cosine')).toEqual([
    [0, 1, 0],
    [1, 0, 1],
    [0, 1, 0],
  ]);
  expect(classDistances(means, 'euclidean')[0]).toEqual([0, Math.sqrt(5), 2]);
  expect(() => classDistances([[0, 0], ...means], 'cosine')).toThrow('class 0 has a mean of 0');
});

test('rows are normalised, and a class that is equally far from all has the least variance', () => {
  // A line of three: the middle one is central.
  const { normalised, spread } = classGeometry([
    [0, 1, 2],
    [1, 0, 1],
    [2, 1, 0],
  ]);
  expect(normalised[0]).toEqual([0, 1 / 3, 2 / 3]);
  expect(normalised[1]).toEqual([1 / 2, 0, 1 / 2]);
  expect(spread.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  expect(spread[1]).toBeLessThan(spread[0]!);
  expect(spread[0]).toBeCloseTo(spread[2]!, 12);
});

test('all orders, each once', () => {
  expect(allOrders(3)).toEqual([
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]);
  expect(new Set(allOrders(5).map((order) => order.join())).size).toBe(120);
});
