import { leavesOf, type Tensor, type Tree } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { abilityWorld } from '../../src/experiments/ability-world.js';

const options = {
  symbols: 4,
  length: 3,
  special: 200,
  general: 100,
  test: 64,
  ruleWidth: 8,
  easy: true,
  width: 32,
  passes: 30,
  learningRate: 5e-3,
};

test('an ability is learned, others are not, and what was learned first is forgotten', async () => {
  const world = abilityWorld(options, 5);
  const first = await world.teach(world.start, { A: 1 });
  const then = await world.teach(first, { G: 1 });
  const [untaught, a, g] = [
    await world.scores(world.start),
    await world.scores(first),
    await world.scores(then),
  ];
  await world.dispose();
  expect(untaught.A).toBeLessThan(0.6);
  expect(a.A).toBeGreaterThan(0.8);
  expect(g.G).toBeGreaterThan(0.9);
  expect(g.A).toBeLessThan(a.A - 0.1);
});

test('the same seed gives the same bits, another one another world', async () => {
  const bits = async (seed: number) => {
    const world = abilityWorld({ ...options, passes: 1 }, seed);
    const taught = await world.teach(world.start, { A: 0.5, G: 1 });
    await world.dispose();
    return leavesOf<Tensor>(taught as unknown as Tree<Tensor>).map(({ leaf }) => [...leaf.data]);
  };
  expect(await bits(5)).toEqual(await bits(5));
  expect(await bits(5)).not.toEqual(await bits(6));
});
