import { grad, jit, sum, tensor, toNumbers, type Value } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { chunkDivergence, chunkLogProbabilities } from '../../src/objectives/chunk-likelihood.js';

test('sums the tokens of each stretch', async () => {
  const run = jit((logs: Value, chunks: Value) => chunkLogProbabilities(logs, chunks));
  const logs = tensor(Float32Array.of(-1, -2, -3, -4, -5, -6, -7, -8), [2, 4]);
  const chunks = tensor(Int32Array.of(0, 1, 1, 2, 1, 2, 3, 0), [2, 4]);
  expect(toNumbers(await run(logs, chunks))).toEqual([-5, -4, 0, 0, -5, -6, -7, 0]);
  await run.dispose();
});

test.each([1, 100])(
  'is the divergence of two outcomes at temperature %d, zero where both agree',
  async (t) => {
    const run = jit((q: Value, p: Value) => chunkDivergence(q, p, t));
    const [q, p] = [Float32Array.of(-0.5, -3, -12, 0), Float32Array.of(-1.5, -3, -9, 0)];
    const found = toNumbers(await run(tensor(q), tensor(p)));
    const expected = [...q].map((own, i) => {
      const [a, b] = [Math.exp(p[i]! / t), Math.exp(own / t)];
      return a === 1 ? 0 : a * Math.log(a / b) + (1 - a) * Math.log((1 - a) / (1 - b));
    });
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
    expect(found[0]).toBeGreaterThan(0);
    await run.dispose();
  },
);

test('draws towards the teacher from both sides, and stays finite at certainty', async () => {
  const run = jit(grad((q: Value, p: Value) => sum(chunkDivergence(q, p))));
  const slopes = toNumbers(
    await run(tensor(Float32Array.of(-0.5, -4, 0)), tensor(Float32Array.of(-2, -2, 0))),
  );
  expect(slopes[0]).toBeGreaterThan(0);
  expect(slopes[1]).toBeLessThan(0);
  expect(Number.isFinite(slopes[2])).toBe(true);
  await run.dispose();
});
