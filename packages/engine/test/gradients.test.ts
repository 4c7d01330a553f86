import { expect, test } from 'vitest';
import {
  add,
  grad,
  item,
  jit,
  matmul,
  mul,
  sin,
  softmax,
  softplus,
  stopGradient,
  sum,
  type Tensor,
  tanh,
  tensor,
  toNumbers,
  type Value,
} from '../src/index.js';
import { distance } from './support/gradcheck.js';
import { randomFrom, uniform } from './support/random.js';

const random = randomFrom(7);
const draw = (...shape: number[]): Tensor =>
  tensor(
    uniform(
      random,
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  );
const [x, w, v] = [draw(5, 3), draw(3, 4), draw(4, 2)];

type Parameters = { readonly w: Value; readonly v: Value };

const loss = (p: Parameters, x: Value): Value => sum(softplus(matmul(tanh(matmul(x, p.w)), p.v)));
const flat = (g: { readonly w: Tensor; readonly v: Tensor }): number[] => [
  ...toNumbers(g.w),
  ...toNumbers(g.v),
];

test('the gradient of a sum over a batch is the sum of the gradients of its examples', async () => {
  const gradient = jit(grad(loss));
  const whole = flat(await gradient({ w, v }, x));
  const total = whole.map(() => 0);
  for (let row = 0; row < 5; row++) {
    const example = tensor((x.data as Float64Array).slice(row * 3, row * 3 + 3), [1, 3]);
    flat(await gradient({ w, v }, example)).forEach((g, i) => {
      total[i]! += g;
    });
  }
  expect(distance(total, whole)).toBeLessThan(1e-12);
  await gradient.dispose();
});

test('the gradient is linear in the loss', async () => {
  const gradient = jit((p: Parameters, x: Value, a: Value, b: Value) =>
    grad((p: Parameters) => add(mul(loss(p, x), a), mul(sum(mul(p.w, p.w)), b)))(p),
  );
  const number = (n: number) => tensor(Float64Array.of(n), []);
  const at = async (a: number, b: number) => flat(await gradient({ w, v }, x, number(a), number(b)));
  const [first, second, both] = [await at(1, 0), await at(0, 1), await at(-3, 0.5)];
  expect(
    distance(
      both,
      first.map((g, i) => -3 * g + 0.5 * second[i]!),
    ),
  ).toBeLessThan(1e-12);
  await gradient.dispose();
});

test('what does not reach the loss has a gradient of zeros', async () => {
  const gradient = jit((p: Parameters, x: Value) =>
    grad((p: Parameters) => loss({ w: p.w, v: stopGradient(p.v) }, x))(p),
  );
  const g = await gradient({ w, v }, x);
  expect(toNumbers(g.v)).toEqual(new Array(8).fill(0));
  expect(toNumbers(g.w).every((d) => d !== 0)).toBe(true);
  await gradient.dispose();
});

test('attention has the gradient of its parts, by the shorter way too', async () => {
  const shape = [2, 5, 3] as const;
  const data = (seed: number) =>
    tensor(
      Float64Array.from({ length: 30 }, (_, i) => Math.sin(seed + i)),
      [...shape],
    );
  const [q, k, v] = [data(1), data(2), data(3)];
  const out = (a: Value, b: Value, c: Value) =>
    matmul(softmax(matmul(a, b, { transB: true })), c, { alpha: 0.5 });
  const loss = (a: Value, b: Value, c: Value) => sum(sin(out(a, b, c)));
  const slope = jit((a: Value, b: Value, c: Value) => grad((x: Value) => loss(x, b, c))(a));
  const value = jit(loss);
  const found = toNumbers(await slope(q, k, v));
  for (let i = 0; i < 30; i++) {
    const moved = (h: number) =>
      tensor(
        Float64Array.from(q.data as Float64Array, (x, j) => (i === j ? x + h : x)),
        [...shape],
      );
    const [up, down] = [item(await value(moved(1e-5), k, v)), item(await value(moved(-1e-5), k, v))];
    expect(Math.abs((up - down) / 2e-5 - found[i]!)).toBeLessThan(1e-8);
  }
  for (const f of [slope, value]) await f.dispose();
});
