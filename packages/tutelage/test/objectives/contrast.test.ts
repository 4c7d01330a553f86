import { grad, jit, mul, type Tensor, tensor, toNumbers, type Value } from '@tutelage/engine';
import { expect, test } from 'vitest';
import {
  maskedContrast,
  weightedContrast,
  weightedDistillation,
  weightedMargins,
} from '../../src/objectives/contrast.js';

const scores = [
  [1, 2, -1],
  [0.5, 0, 3],
];
const matrix = (rows: readonly (readonly number[])[]) =>
  tensor(Float32Array.from(rows.flat()), [rows.length, rows[0]!.length]);
const vector = (...values: number[]) => tensor(Float32Array.from(values));
const logSum = (row: readonly number[]) => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));

/** A loss of the scores and of another tensor. */
async function scalar(
  loss: (x: Value, other: Value) => Value,
  other: Tensor = vector(1, 1),
): Promise<number> {
  return toNumbers(await jit((x: Value, y: Value) => loss(x, y))(matrix(scores), other))[0]!;
}

test('masked candidates do not count, and get no gradient', async () => {
  const masked = tensor(Uint8Array.from([0, 1, 0, 0, 0, 0]), [2, 3], 'bool');
  const own = tensor(Int32Array.from([0, 2]));
  const both = jit((x: Value, answers: Value, mask: Value) => {
    const loss = (y: Value) => maskedContrast(y, answers, mask);
    return [loss(x), grad(loss)(x)];
  });
  const [loss, gradient] = await both(matrix(scores), own, masked);
  expect(toNumbers(loss!)[0]).toBeCloseTo((logSum([1, -1]) - 1 + logSum(scores[1]!) - 3) / 2, 5);
  const slopes = toNumbers(gradient!);
  expect(slopes[1]).toBe(0);
  expect(slopes[2]).toBeGreaterThan(0);
});

test('contrast takes the first candidate for the answer, and weighs anchors', async () => {
  const [a, b] = scores.map((row) => logSum(row) - row[0]!);
  expect(await scalar((x) => weightedContrast(x))).toBeCloseTo((a! + b!) / 2, 5);
  const weighted = scalar((x, weights) => weightedContrast(x, weights), vector(0.5, 1.5));
  expect(await weighted).toBeCloseTo((0.5 * a! + 1.5 * b!) / 2, 5);
});

test('margins ask for a lead over each other candidate', async () => {
  // Lacking: 1.2 of the second; nothing of the third. Then nothing but 2.7 of the third.
  expect(await scalar((x) => weightedMargins(x, 0.2))).toBeCloseTo((1.2 + 2.7) / 2, 5);
});

test('distillation is 0 for the same scores, and the divergence otherwise', async () => {
  expect(await scalar((x, weights) => weightedDistillation(x, x, weights))).toBeCloseTo(0, 6);
  const [a, b] = scores.map((row) => logSum(row) - row.reduce((sum, x) => sum + x, 0) / 3 - Math.log(3));
  const flat = (x: Value, weights: Value) => weightedDistillation(x, mul(x, 0), weights);
  expect(await scalar(flat, vector(2, 0))).toBeCloseTo(a!, 5);
  expect(await scalar(flat, vector(0, 2))).toBeCloseTo(b!, 5);
});
