import { expect } from 'vitest';
import { encodeModel, loadSession, type OnnxModel, type Tensor, toNumbers } from '../../src/index.js';
import { uniform } from '../support/generator.js';

/** Largest difference relative to the largest magnitude of the expected values. */
export function relativeError(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  const [a, e] = [toNumbers(actual), toNumbers(expected)];
  const largest = (values: readonly number[]) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return largest(a.map((x, i) => x - e[i]!)) / largest(e);
}

/** Cosine of the angle between all values of two tensors. */
export function cosine(a: Tensor, b: Tensor): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
  const [x, y] = [toNumbers(a), toNumbers(b)];
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

/** Runs a model once. */
export async function runModel(
  model: OnnxModel,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const session = await loadSession(encodeModel(model));
  try {
    return await session.run(inputs);
  } finally {
    await session.dispose();
  }
}

/** Floats in -1..1, the same for the same seed. */
export function floats(seed: string, shape: readonly number[]): Tensor {
  return {
    dtype: 'float32',
    shape,
    data: uniform(
      seed,
      shape.reduce((a, b) => a * b, 1),
      0,
      1,
    ),
  };
}
