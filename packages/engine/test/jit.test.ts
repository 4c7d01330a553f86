import { expect, test } from 'vitest';
import {
  grad,
  item,
  jit,
  matmul,
  mean,
  mul,
  relu,
  sub,
  sum,
  tensor,
  toNumbers,
  type Value,
  valueAndGrad,
} from '../src/index.js';

test('runs a traced function', async () => {
  const f = jit((x: Value, w: Value) => relu(matmul(x, w)));
  const y = await f(
    tensor([[1, -2]]),
    tensor([
      [1, -1],
      [1, 2],
    ]),
  );
  expect(y.shape).toEqual([1, 2]);
  expect(toNumbers(y)).toEqual([0, 0]);
  await f.dispose();
});

test('differentiates, and twice', async () => {
  const cube = (x: Value) => sum(mul(x, mul(x, x)));
  const second = jit((x: Value) => grad((v: Value) => sum(grad(cube)(v)))(x));
  expect(toNumbers(await second(tensor([1, 2, -3])))).toEqual([6, 12, -18]);
  await second.dispose();
});

test('descends on a quadratic', async () => {
  const loss = (p: { w: Value; b: Value }, x: Value, y: Value) => {
    const error = sub(matmul(x, p.w), y);
    return mean(mul(error, error));
  };
  const step = jit((p: { w: Value; b: Value }, x: Value, y: Value) => {
    const { value, grad } = valueAndGrad(loss)(p, x, y);
    return { value, p: { w: sub(p.w, mul(grad.w, 0.1)), b: p.b } };
  });
  let p = { w: tensor([[0], [0]]), b: tensor(0) };
  const [x, y] = [
    tensor([
      [1, 0],
      [0, 1],
      [1, 1],
    ]),
    tensor([[1], [2], [3]]),
  ];
  let last = Infinity;
  for (let i = 0; i < 200; i++) {
    const r = await step(p, x, y);
    p = r.p;
    last = item(r.value);
  }
  expect(last).toBeLessThan(1e-6);
  await step.dispose();
});
