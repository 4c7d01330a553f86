import { add, jit, random, tensor, toNumbers, type Value } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { labelChannel } from '../../src/objectives/label-channel.js';
import {
  channelWiseDistillation,
  correlationDistillation,
  pixelCrossEntropy,
  pixelDistillation,
} from '../../src/objectives/segmentation.js';

// Two examples, three classes, four positions; t is a permutation of a scaled s.
const numbers = Array.from({ length: 24 }, (_, i) => Math.sin(7 * i + 1) + 0.1 * i);
const s = tensor(Float32Array.from(numbers), [2, 3, 2, 2]);
const t = tensor(
  Float32Array.from(numbers.toReversed(), (x) => 2 * x),
  [2, 3, 2, 2],
);
const at = (data: readonly number[], n: number, c: number, p: number) => data[(n * 3 + c) * 4 + p]!;

async function of(loss: (a: Value, b: Value) => Value, a = s, b = t): Promise<number> {
  const run = jit(loss, { threads: 1 });
  const [value] = toNumbers(await run(a, b));
  await run.dispose();
  return value!;
}

const softmaxOf = (values: readonly number[], temperature: number) => {
  const powers = values.map((x) => Math.exp(x / temperature));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((x) => x / total);
};
const klOf = (p: readonly number[], q: readonly number[]) =>
  p.reduce((sum, x, i) => sum + x * Math.log(x / q[i]!), 0);
const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const [from, to] = [toNumbers(s), toNumbers(t)];
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const pixels = range(2).flatMap((n) => range(4).map((p) => [n, p] as const));
const channels = range(2).flatMap((n) => range(3).map((c) => [n, c] as const));

test('pixel-wise distillation compares the classes of each pixel', async () => {
  const expected = pixels.map(([n, p]) => {
    const row = (data: readonly number[]) =>
      softmaxOf(
        range(3).map((c) => at(data, n, c, p)),
        2,
      );
    return 4 * klOf(row(to), row(from));
  });
  const found = await of((a, b) => pixelDistillation(a, b, { temperature: 2 }));
  expect(found).toBeCloseTo(meanOf(expected), 5);
});

test('channel-wise distillation compares the positions of each class, whatever its level', async () => {
  const expected = channels.map(([n, c]) => {
    const row = (data: readonly number[]) =>
      softmaxOf(
        range(4).map((p) => at(data, n, c, p)),
        4,
      );
    return 16 * klOf(row(to), row(from));
  });
  const loss = (a: Value, b: Value) => channelWiseDistillation(a, b, { temperature: 4 });
  expect(await of(loss)).toBeCloseTo(meanOf(expected), 5);
  const level = tensor([[[[1]], [[-2]], [[5]]]]);
  expect(await of((a, b) => loss(a, add(a, b)), s, level)).toBeCloseTo(0, 5);
});

test('DIST is 1 - the correlation over classes, and over positions', async () => {
  const correlation = (x: readonly number[], y: readonly number[]) => {
    const [a, b] = [x.map((v) => v - meanOf(x)), y.map((v) => v - meanOf(y))];
    const dot = (u: readonly number[], v: readonly number[]) => u.reduce((sum, w, i) => sum + w * v[i]!, 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  const soft = (data: readonly number[]) =>
    pixels.map(([n, p]) =>
      softmaxOf(
        range(3).map((c) => at(data, n, c, p)),
        1,
      ),
    );
  const [a, b] = [soft(from), soft(to)];
  const overClasses = pixels.map((_, i) => correlation(a[i]!, b[i]!));
  const overPositions = channels.map(([n, c]) => {
    const row = (of: readonly number[][]) => range(4).map((p) => of[n * 4 + p]![c]!);
    return correlation(row(a), row(b));
  });
  const expected = 2 - meanOf(overClasses) - meanOf(overPositions);
  expect(await of((x, y) => correlationDistillation(x, y, { temperature: 1 }))).toBeCloseTo(expected, 5);
  expect(await of((x) => correlationDistillation(x, x, { temperature: 1 }))).toBeCloseTo(0, 5);
});

test('pixels to ignore count for nothing in the cross-entropy', async () => {
  const labels = tensor(Int32Array.of(0, 3, 2, 3, 3, 1, 3, 3), [2, 2, 2]);
  const expected = [
    [0, 0, 0],
    [0, 2, 2],
    [1, 1, 1],
  ].map(
    ([n, label, p]) =>
      -Math.log(
        softmaxOf(
          range(3).map((c) => at(from, n!, c, p!)),
          1,
        )[label!]!,
      ),
  );
  expect(await of((a, y) => pixelCrossEntropy(a, y, 3), s, labels)).toBeCloseTo(meanOf(expected), 5);
});

test('a label channel tells what belongs together, and by random codes nothing else', async () => {
  const labels = tensor(Int32Array.of(0, 0, 1, 1, 1, 0, 2, 2), [2, 4]);
  const paint = (source: 'own' | 'other' | 'blank', codes: 'random' | 'fixed', seed: number) => {
    const painting = { source, codes, scale: 1.5, noise: 0 };
    const run = jit((y: Value, key: Value) => labelChannel(y, 2, key, painting), { threads: 1 });
    return run(labels, random.keyTensor(random.key(seed))).then(toNumbers);
  };
  const own = await paint('own', 'random', 1);
  expect(own[0]).toBe(own[1]);
  expect(own[2]).toBe(own[3]);
  expect(own[0]).not.toBe(own[2]);
  expect(own[0]).not.toBe(own[5]);
  expect(own[6]).toBe(own[7]);
  expect(await paint('own', 'random', 2)).not.toEqual(own);
  const other = await paint('other', 'random', 1);
  expect(other[2]).toBe(other[3]);
  expect(other[0]).not.toBe(other[1]);
  expect((await paint('blank', 'random', 1)).every((x) => Math.abs(x) === 0)).toBe(true);
  const fixed = await paint('own', 'fixed', 1);
  expect(fixed.map((x) => Number(x.toFixed(4)))).toEqual([
    -1.65, -1.65, -0.55, -0.55, -0.55, -1.65, 0.55, 0.55,
  ]);
});
