import { expect, test } from 'vitest';
import { trace } from '../src/compile/trace.js';
import {
  add,
  batchNorm,
  batchNormInference,
  constant,
  grad,
  groupNorm,
  instanceNorm,
  jit,
  mean,
  mul,
  ShapeError,
  sum,
  tensor,
  toNumbers,
  type Value,
} from '../src/index.js';
import { distance } from './support/gradcheck.js';
import { randomFrom, uniform } from './support/random.js';

const random = randomFrom(11);
const drawn = (shape: readonly number[]) =>
  tensor(
    Float32Array.from(
      uniform(
        random,
        shape.reduce((a, b) => a * b, 1),
        [-1, 2],
      ),
    ),
    shape,
  );
const [x, scale, bias] = [drawn([3, 4, 2, 5]), drawn([4]), drawn([4])];

/** (values - mean) / sqrt(variance + epsilon) over each part, whose elements are those that `part` gives the same number. */
function normalized(part: (n: number, c: number) => number): number[] {
  const values = toNumbers(x);
  const [n, c] = [(i: number) => Math.floor(i / 40), (i: number) => Math.floor(i / 10) % 4];
  const parts = values.map((_, i) => part(n(i), c(i)));
  return values.map((v, i) => {
    const own = values.filter((_, k) => parts[k] === parts[i]);
    const mu = own.reduce((a, b) => a + b) / own.length;
    const variance = own.reduce((a, b) => a + (b - mu) ** 2, 0) / own.length;
    const h = (v - mu) / Math.sqrt(variance + 1e-5);
    return h * Number(scale.data[c(i)]) + Number(bias.data[c(i)]);
  });
}

test('normalises a batch, and the same batch by its own statistics as if they were given', async () => {
  const f = jit((v: Value, s: Value, b: Value) => {
    const training = batchNorm(v, { scale: s, bias: b });
    return [training.y, batchNormInference(v, { scale: s, bias: b }, training)];
  });
  const expected = normalized((_, c) => c);
  for (let round = 0; round < 3; round++) {
    for (const y of await f(x, scale, bias)) expect(distance(toNumbers(y!), expected)).toBeLessThan(1e-4);
  }
  await f.dispose();
});

test('one batch leaves nothing behind for the next', async () => {
  const f = jit((v: Value) => {
    const unit = { scale: constant(tensor([1, 1])), bias: constant(tensor([0, 0])) };
    const slope = grad((u: Value) => sum(mul(batchNorm(u, unit).y, u)))(v);
    return add(mean(slope), batchNorm(mul(v, 2), unit).mean);
  });
  const [ordinary, broken] = [drawn([4, 2]), tensor(new Float32Array(8).fill(NaN), [4, 2])];
  const before = toNumbers(await f(ordinary));
  await f(broken);
  expect(toNumbers(await f(ordinary))).toEqual(before);
  await f.dispose();
});

test('normalises groups and single channels of each example', async () => {
  const f = jit((v: Value, s: Value, b: Value) => [
    groupNorm(v, 2, { scale: s, bias: b }),
    instanceNorm(v, { scale: s, bias: b }),
  ]);
  const [groups, instances] = await f(x, scale, bias);
  expect(
    distance(
      toNumbers(groups!),
      normalized((n, c) => n * 2 + Math.floor(c / 2)),
    ),
  ).toBeLessThan(1e-4);
  expect(
    distance(
      toNumbers(instances!),
      normalized((n, c) => n * 4 + c),
    ),
  ).toBeLessThan(1e-4);
  await f.dispose();
});

test('explains what does not fit', () => {
  expect(() => trace((v: Value, s: Value) => batchNorm(v, { scale: s, bias: s }).y, [x, drawn([3])])).toThrow(
    'one number for each of 4 channels',
  );
  expect(() => trace((v: Value, s: Value) => groupNorm(v, 3, { scale: s, bias: s }), [x, scale])).toThrow(
    ShapeError,
  );
});
