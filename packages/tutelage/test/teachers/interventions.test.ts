import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { interventionOrder } from '../../src/teachers/interventions.js';
import { fittedMentalModel, topicMentalModel } from '../../src/teachers/mental-model.js';

const evidence = {
  simulated: { alone: [0.5, 0.2, 0.9], helped: [0.6, 0.9, 0.8] },
  student: { alone: [0.9, 0.3, 0.1], helped: [0.2, 0.5, 0.9] },
  teacher: [0.3, 0.2, 0.7],
  aloneRight: [1, 0, 0],
};

test.each([
  ['utility', [1, 0, 2]],
  ['pre only', [1, 0, 2]],
  ['post only', [1, 2, 0]],
  ['true utility', [2, 1, 0]],
  ['student alone', [2, 1, 0]],
  ['student helped', [2, 1, 0]],
  ['teacher', [2, 0, 1]],
  ['oracle', [1, 2, 0]],
] as const)('by %s', (rule, order) => {
  expect(interventionOrder(rule, evidence, random.key(1))).toEqual(order);
});

test('at random: every order, by the key', () => {
  const orders = new Set(
    Array.from({ length: 60 }, (_, i) => interventionOrder('random', evidence, random.key(i)).join('')),
  );
  expect(orders.size).toBe(6);
});

describe('mental models', () => {
  const seen = [
    { topic: 0, entity: 0, alone: 1, helped: 1 },
    { topic: 0, entity: 1, alone: 1, helped: 0 },
    { topic: 1, entity: 5, alone: 0, helped: 1 },
    { topic: 1, entity: 6, alone: 0, helped: 1 },
  ];
  const asked = [
    { topic: 0, entity: 2 },
    { topic: 1, entity: 7 },
    { topic: 2, entity: 9 },
  ];

  test('shares by topic with one observation of all: unseen topics are like all', () => {
    const { alone, helped } = topicMentalModel(seen)(asked);
    expect(alone).toEqual([2.5 / 3, 0.5 / 3, 0.5]);
    expect(helped).toEqual([1.75 / 3, 2.75 / 3, 0.75]);
  });

  test('a fitted net sees the same topics', async () => {
    const simulate = await fittedMentalModel(seen, { topics: 3, entities: 10 });
    const { alone, helped } = simulate(asked);
    expect(alone[0]).toBeGreaterThan(0.7);
    expect(alone[1]).toBeLessThan(0.3);
    expect(helped[1]).toBeGreaterThan(helped[0]!);
  });
});
