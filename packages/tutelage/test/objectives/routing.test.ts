import { constant, grad, jit, mul, random, sum, tensor, toNumbers, type Value } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { gateModes, imbalance, routeWeights } from '../../src/objectives/routing.js';

const shares = tensor([
  [0.5, 0.3, 0.2],
  [0.1, 0.3, 0.6],
]);
const losses = [1, 2, 4];
const key = random.keyTensor(random.key(3));

test.each(gateModes)('%s: weights, and what reaches the gate', async (mode) => {
  const run = jit(
    (x: Value, k: Value) => ({
      weights: routeWeights(x, { mode, k: 1, key: k }),
      gradient: grad((v: Value) =>
        sum(mul(routeWeights(v, { mode, k: 1, key: k }), constant(tensor(losses)))),
      )(x),
    }),
    { threads: 1 },
  );
  const { weights, gradient } = await run(shares, key);
  const rounded = (x: typeof weights) => toNumbers(x).map((v) => Number(v.toFixed(5)));
  if (mode === 'random') {
    expect(rounded(weights).filter((w) => w === 1)).toHaveLength(2);
  } else {
    expect(rounded(weights)).toEqual(
      mode === 'weighted' ? [0.5, 0.3, 0.2, 0.1, 0.3, 0.6] : [1, 0, 0, 0, 0, 1],
    );
  }
  const expected = {
    released: [0, 0, 0, 0, 0, 0],
    random: [0, 0, 0, 0, 0, 0],
    weighted: [1, 2, 4, 1, 2, 4],
    'straight-through': [2, 0, 0, 0, 0, Number((4 / 0.6).toFixed(5))],
  }[mode];
  expect(rounded(gradient)).toEqual(expected);
  await run.dispose();
});

test('the k largest share the weight', async () => {
  const run = jit((x: Value, k: Value) => routeWeights(x, { mode: 'released', k: 2, key: k }), {
    threads: 1,
  });
  expect(toNumbers(await run(shares, key))).toEqual([0.5, 0.5, 0, 0, 0.5, 0.5]);
  await run.dispose();
});

test('imbalance is 0 where ways are used evenly', async () => {
  const run = jit((x: Value) => [imbalance(x, 'kl'), imbalance(x, 'cv')], { threads: 1 });
  const even = tensor([
    [1, 0],
    [0, 1],
  ]);
  for (const found of await run(even)) expect(toNumbers(found)[0]).toBeCloseTo(0, 6);
  const uneven = tensor([
    [0.9, 0.1],
    [0.7, 0.3],
  ]);
  const [kl, cv] = await run(uneven);
  expect(toNumbers(kl!)[0]).toBeCloseTo(-(Math.log(2 * 0.8) + Math.log(2 * 0.2)) / 2 / 2, 5);
  expect(toNumbers(cv!)[0]).toBeCloseTo(0.3 / 0.5, 5);
  await run.dispose();
});
