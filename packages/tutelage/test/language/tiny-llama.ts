import { type Tensor, tensor } from '@tutelage/engine';
import { uniform } from '../../../engine/test/support/generator.js';
import { readLlamaParams } from '../../src/language/llama-weights.js';
import type { Llama } from '../../src/models/llama.js';

/** The tiny model of `peers/language_fixtures.py`. */
export const tinyConfig = {
  vocabulary: 96,
  width: 64,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  intermediate: 96,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 1000,
  positions: 64,
};

/** A weight by its name, computed as in the fixture's script. */
export function tinyWeight(name: string, shape: readonly number[]): Tensor {
  const size = shape.reduce((product, d) => product * d, 1);
  const [center, scale] = shape.length === 1 ? [1, 0.2] : [0, 0.4];
  return tensor(uniform(name, size, center, scale), shape);
}

export const tinyParams: Llama<Tensor> = readLlamaParams(
  tinyConfig,
  { tied: true, biased: false },
  tinyWeight,
);

/** The same with the biases of Qwen 2. */
export const tinyQwen: Llama<Tensor> = readLlamaParams(tinyConfig, { tied: true, biased: true }, tinyWeight);
