import { expect, test } from 'vitest';
import { trace } from '../src/compile/trace.js';
import {
  averagePool,
  globalAveragePool,
  grad,
  jit,
  maxPool,
  reshape,
  ShapeError,
  sum,
  tensor,
  toNumbers,
  type Value,
} from '../src/index.js';

const image = tensor([
  [
    [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ],
  ],
]);

async function run(
  fn: (x: Value) => Value,
  x = image,
): Promise<{ shape: readonly number[]; data: number[] }> {
  const f = jit(fn);
  const y = await f(x);
  await f.dispose();
  return { shape: y.shape, data: toNumbers(y) };
}

test('windows lie side by side by default', async () => {
  expect(await run((x) => maxPool(x, 2))).toEqual({ shape: [1, 1, 1, 1], data: [5] });
  expect(await run((x) => averagePool(x, 2))).toEqual({ shape: [1, 1, 1, 1], data: [3] });
  expect(await run((x) => globalAveragePool(x))).toEqual({ shape: [1, 1], data: [5] });
});

test('partial windows at the end', async () => {
  expect((await run((x) => maxPool(x, 2, { ceil: true }))).data).toEqual([5, 6, 8, 9]);
  expect((await run((x) => averagePool(x, 2, { ceil: true }))).data).toEqual([3, 4.5, 7.5, 9]);
  // A window that would start in the padding behind the image is none.
  expect((await run((x) => maxPool(x, 2, { ceil: true, padding: 1 }))).data).toEqual([1, 3, 7, 9]);
});

test('averages without and with the padding', async () => {
  const options = { padding: 1, stride: 2 };
  expect((await run((x) => averagePool(x, 2, options))).data).toEqual([1, 2.5, 5.5, 7]);
  expect((await run((x) => averagePool(x, 2, { ...options, countPadding: true }))).data).toEqual([
    0.25, 1.25, 2.75, 7,
  ]);
});

test('pools along one axis', async () => {
  const line = tensor([[[3, 1, 2, 5]]]);
  expect(await run((x) => maxPool(x, 3, { stride: 1 }), line)).toEqual({ shape: [1, 1, 2], data: [3, 5] });
});

test('the first of equal elements takes the gradient, once for each window', async () => {
  const flat = tensor(new Float32Array(9).fill(2), [1, 1, 3, 3]);
  const slope = (x: Value) => grad((v: Value) => sum(maxPool(v, 2, { stride: 1 })))(x);
  expect((await run(slope, flat)).data).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 0]);
  expect((await run(slope)).data).toEqual([0, 0, 0, 0, 1, 1, 0, 1, 1]);
});

test('explains a padding that is too large', () => {
  expect(() => trace((x: Value) => maxPool(x, 2, { padding: 2 }), [image])).toThrow(ShapeError);
});

test('a window larger than the image is the global pool', async () => {
  const x = tensor(
    Float32Array.from({ length: 120 }, (_, i) => Math.sin(i)),
    [2, 3, 4, 5],
  );
  const both = jit((v: Value) => ({
    wide: reshape(averagePool(v, 1000, { ceil: true }), [2, 3]),
    global: globalAveragePool(v),
    gradient: grad((w: Value) => sum(averagePool(w, 1000, { ceil: true })))(v),
  }));
  const { wide, global, gradient } = await both(x);
  for (const [i, y] of toNumbers(wide).entries()) expect(y).toBeCloseTo(toNumbers(global)[i]!, 6);
  for (const g of toNumbers(gradient)) expect(g).toBeCloseTo(1 / 20, 6);
  await both.dispose();
});
