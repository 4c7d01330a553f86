import { expect } from 'vitest';
import { encodeModel, loadSession, type OnnxModel, type Tensor, toNumbers } from '../../src/index.js';
import { uniform } from '../support/generator.js';

/** Largest difference relative to the largest magnitude of the expected values. */
export function relativeError(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  const [a, e] = [toNumbers(actual), toNumbers(expected)];
  const scale = Math.max(...e.map(Math.abs));
  return Math.max(...a.map((x, i) => Math.abs(x - e[i]!))) / scale;
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
