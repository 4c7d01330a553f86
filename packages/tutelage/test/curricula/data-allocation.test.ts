import { expect, test } from 'vitest';
import { apportioned, belowMedian, byError, byReward, evenly } from '../../src/curricula/data-allocation.js';

test('without state all skills are alike, with it those that fail count', () => {
  const accuracies = [
    [0, 0, 0, 0],
    [0.5, 0.9, 0.6, 1],
  ];
  expect(evenly(accuracies)).toEqual([1, 1, 1, 1]);
  const errors = byError(accuracies);
  [0.5, 0.1, 0.4, 0].forEach((error, i) => {
    expect(errors[i]).toBeCloseTo(error);
  });
  expect(belowMedian(accuracies)).toEqual([1, 0, 1, 0]);
  expect(belowMedian([[0.2, 0.5, 0.9]])).toEqual([1, 0, 0]);
});

test('rewards are averaged, losses are worth nothing, and the first round is even', () => {
  const policy = byReward(0.5);
  expect(policy([[0.5, 0.2]])).toEqual([1, 1]);
  // The first skill gained 0.2 and then lost 0.1: half of each. The second lost.
  const worth = policy([
    [0.5, 0.5],
    [0.7, 0.4],
    [0.6, 0.4],
  ]);
  expect(worth[0]).toBeCloseTo(0.05 * 0.4);
  expect(worth[1]).toBe(0);
  expect(byReward(0)([[0.5], [0.7], [0.6]])).toEqual([0]);
});

test('whole numbers keep the total', () => {
  expect(apportioned([1, 1, 1], 10)).toEqual([4, 3, 3]);
  expect(apportioned([0, 3, 1], 4)).toEqual([0, 3, 1]);
  expect(apportioned([0, 0], 5)).toEqual([3, 2]);
  expect(apportioned([0.5, 0.3, 0.2], 7)).toEqual([4, 2, 1]);
});
