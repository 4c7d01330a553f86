import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { classGeometry, scoreOrder } from '../../src/curricula/class-order.js';
import { type Before, cycleIn, rankedOrders } from '../../src/curricula/ranked-orders.js';

/** Places in a plane. */
function distancesOf(count: number): number[][] {
  const dice = random.stream(random.key('places'));
  const places = Array.from({ length: count }, () => [dice.uniform(), dice.uniform()] as const);
  return places.map(([a, b]) => places.map(([c, d]) => Math.hypot(a - c, b - d)));
}
const dice = () => random.stream(random.key(1));
const keeps = (order: readonly number[], before: readonly Before[]) =>
  before.every(([first, then]) => order.indexOf(first) < order.indexOf(then));
const before: Before[] = [
  [4, 0],
  [0, 2],
];

describe('up to eight classes', () => {
  const geometry = classGeometry(distancesOf(5));

  test('all orders are there, the best first', () => {
    const ranked = rankedOrders(geometry, [], dice());
    expect(ranked).toHaveLength(120);
    const totals = ranked.map(({ score }) => score.total);
    expect(totals).toEqual(totals.toSorted((a, b) => b - a));
    expect(ranked[0]!.score).toEqual(scoreOrder(geometry, ranked[0]!.order));
  });

  test('those that break a constraint are left out', () => {
    const ranked = rankedOrders(geometry, before, dice());
    expect(ranked).toHaveLength(20);
    for (const { order } of ranked) expect(keeps(order, before)).toBe(true);
  });
});

describe('more classes', () => {
  const geometry = classGeometry(distancesOf(9));

  test('the beam finds better orders than chance, and keeps to constraints', () => {
    for (const constraints of [[], before]) {
      const ranked = rankedOrders(geometry, constraints, dice());
      const totals = ranked.map(({ score }) => score.total);
      expect(new Set(ranked.map(({ order }) => order.join())).size).toBe(ranked.length);
      expect(ranked.length).toBeGreaterThan(900);
      for (const { order } of ranked) {
        expect(order.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
        expect(keeps(order, constraints)).toBe(true);
      }
      // Two hundred of the beam stand before nearly all of the thousand at random.
      expect(totals[0]! - totals[100]!).toBeLessThan(totals[100]! - totals[totals.length >> 1]!);
    }
  });

  test('what the beam adds up is the score', () => {
    const best = rankedOrders(geometry, [], dice())[0]!;
    const swapped = best.order.toSpliced(0, 2, best.order[1]!, best.order[0]!);
    expect(scoreOrder(geometry, swapped).total).toBeLessThanOrEqual(best.score.total);
  });
});

test('a circle is named', () => {
  expect(cycleIn(4, before)).toBeUndefined();
  expect(
    cycleIn(3, [
      [0, 1],
      [1, 2],
      [2, 1],
    ]),
  ).toEqual([1, 2, 1]);
  expect(cycleIn(2, [[1, 1]])).toEqual([1, 1]);
});
