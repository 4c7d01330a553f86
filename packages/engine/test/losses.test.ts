import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  binaryCrossEntropyWithLogits,
  constant,
  cosineLoss,
  crossEntropy,
  grad,
  huber,
  infoNce,
  item,
  jensenShannon,
  jit,
  klDivergence,
  logSoftmax,
  marginRanking,
  mse,
  mul,
  softmax,
  sum,
  type Tensor,
  tensor,
  toNumbers,
  triplet,
  type Value,
  valueAndGrad,
} from '../src/index.js';
import { distance } from './support/gradcheck.js';

interface Fixture {
  inputs: {
    x: number[][];
    y: number[][];
    z: number[][];
    labels: number[];
    binary: number[][];
    weights: number[];
  };
  losses: Record<string, { value: number; gradient: number[] }>;
}

const { inputs, losses } = JSON.parse(
  readFileSync(new URL('./fixtures/losses.json', import.meta.url), 'utf8'),
) as Fixture;

const [x, y, z, binary, weights] = [inputs.x, inputs.y, inputs.z, inputs.binary, inputs.weights].map((data) =>
  tensor(data, undefined, 'float64'),
) as [Tensor, Tensor, Tensor, Tensor, Tensor];
const labels = tensor(Int32Array.from(inputs.labels));

const cases: Record<string, (x: Value) => Value> = {
  crossEntropy: (x) => crossEntropy(x, constant(labels)),
  'crossEntropy sum': (x) => crossEntropy(x, constant(labels), { reduction: 'sum' }),
  'crossEntropy none': (x) =>
    sum(mul(crossEntropy(x, constant(labels), { reduction: 'none' }), tensor(Float64Array.of(1, 2, 3, 4)))),
  'crossEntropy smoothed': (x) => crossEntropy(x, constant(labels), { labelSmoothing: 0.1 }),
  'crossEntropy ignoring': (x) => crossEntropy(x, constant(labels), { ignoreIndex: 4 }),
  'crossEntropy weighted': (x) => crossEntropy(x, constant(labels), { weights: constant(weights) }),
  'crossEntropy soft': (x) => crossEntropy(x, softmax(constant(y))),
  'crossEntropy soft smoothed': (x) => crossEntropy(x, softmax(constant(y)), { labelSmoothing: 0.2 }),
  binaryCrossEntropyWithLogits: (x) => binaryCrossEntropyWithLogits(x, constant(binary)),
  'binaryCrossEntropyWithLogits positive': (x) =>
    binaryCrossEntropyWithLogits(x, constant(binary), { positiveWeight: 3 }),
  klDivergence: (x) => klDivergence(logSoftmax(x), logSoftmax(constant(y))),
  jensenShannon: (x) => jensenShannon(logSoftmax(x), logSoftmax(constant(y))),
  mse: (x) => mse(x, constant(y)),
  huber: (x) => huber(x, constant(y), { delta: 0.7 }),
  cosineLoss: (x) => cosineLoss(x, constant(y)),
  infoNce: (x) => infoNce(x, constant(y), { temperature: 0.1 }),
  'infoNce symmetric': (x) => infoNce(x, constant(y), { temperature: 0.1, symmetric: true }),
  marginRanking: (x) => marginRanking(x, constant(y), { margin: 0.3 }),
  triplet: (x) => triplet(x, constant(y), constant(z)),
};

describe('values and gradients are those of PyTorch', () => {
  test('every stored loss is compared', () => {
    expect(Object.keys(cases)).toEqual(Object.keys(losses));
  });

  test.each(Object.entries(cases))('%s', async (name, loss) => {
    const both = jit((x: Value) => {
      const { value, grad } = valueAndGrad(loss)(x);
      return { value, grad };
    });
    const found = await both(x);
    await both.dispose();
    expect(distance([item(found.value)], [losses[name]!.value])).toBeLessThan(1e-9);
    expect(distance(toNumbers(found.grad), losses[name]!.gradient)).toBeLessThan(1e-9);
  });
});

async function once(fn: () => Value): Promise<number[]> {
  const compiled = jit(fn);
  const result = toNumbers(await compiled());
  await compiled.dispose();
  return result;
}

test('cross-entropy where all rows are ignored is 0', async () => {
  const logits = tensor([[1, 2]]);
  expect(
    await once(() =>
      crossEntropy(constant(logits), constant(tensor(Int32Array.of(-100))), { ignoreIndex: -100 }),
    ),
  ).toEqual([0]);
});

test('large logits lose nothing', async () => {
  const logits = constant.bind(undefined, tensor([[1e4, 0, -1e4]]));
  const label = () => constant(tensor(Int32Array.of(1)));
  expect(await once(() => crossEntropy(logits(), label()))).toEqual([1e4]);
  expect(await once(() => grad((x: Value) => crossEntropy(x, label()))(logits()))).toEqual([1, -1, 0]);
  const extreme = () => constant(tensor([1e4, -1e4]));
  const target = () => constant(tensor([0, 1]));
  expect(await once(() => binaryCrossEntropyWithLogits(extreme(), target()))).toEqual([1e4]);
});

test('impossible classes count for nothing in divergences, and leave gradients finite', async () => {
  const p = () => constant(tensor([[Math.log(0.5), Math.log(0.5), -Infinity]]));
  const q = () => constant(tensor([[Math.log(0.25), Math.log(0.75), -Infinity]]));
  const expected = 0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75);
  expect(distance(await once(() => klDivergence(q(), p())), [expected])).toBeLessThan(1e-6);
  const js = await once(() => jensenShannon(p(), q()));
  const swapped = await once(() => jensenShannon(q(), p()));
  expect(distance(js, swapped)).toBeLessThan(1e-5);
  const slopes = await once(() => grad((x: Value) => jensenShannon(x, q()))(p()));
  expect(slopes.every(Number.isFinite)).toBe(true);
  const apart = () => constant(tensor([[-Infinity, -Infinity, 0]]));
  expect(distance(await once(() => jensenShannon(p(), apart())), [Math.LN2])).toBeLessThan(1e-6);
});

test('targets that do not fit are refused', async () => {
  const [logits, label] = [tensor([[1, 2]]), tensor(Int32Array.of(0, 1))];
  await expect(once(() => crossEntropy(constant(logits), constant(label)))).rejects.toThrow(
    'one label a row',
  );
  await expect(once(() => crossEntropy(constant(logits), constant(tensor([0.5]))))).rejects.toThrow(
    'probabilities must have the shape',
  );
  await expect(once(() => infoNce(constant(tensor([[1], [2]])), constant(logits)))).rejects.toThrow(
    'a key for each query',
  );
});
