import { type Tensor, tensor } from '@tutelage/engine/data';
import type { Predictions } from './decoder.js';
import type { TokenPredictor } from './generate.js';

/** A causal language model that sees a bounded number of tokens. */
export interface WindowModel {
  readonly vocabulary: number;
  /** Most tokens that it looks at. */
  readonly block: number;
  /**
   * Logits of the token after each one, [batch, length, vocabulary].
   *
   * @param tokens [batch, length] of int32, length at most `block`
   */
  logits(tokens: Tensor): Promise<Float32Array>;
}

/**
 * Predictions by a model without a cache, which reads the last `block` tokens of a text anew for each new token: slower than a decoder,
 * but for texts of any length, and for any file that gives logits.
 */
export function windowPredictor({ vocabulary, block, logits }: WindowModel): TokenPredictor<number[][]> {
  return {
    sizes: { vocabulary },
    cache: (batch) => Array.from({ length: batch }, () => []),
    async step(windows, added, { temperature = 1 } = {}) {
      added.forEach((tokens, r) => {
        const window = windows[r]!;
        for (let i = 0; i < tokens.length; i++) window.push(tokens[i]!);
        window.splice(0, window.length - block);
      });
      const length = Math.max(...windows.map((window) => window.length));
      const tokens = new Int32Array(windows.length * length);
      // What stands behind the last token of a row changes nothing before it.
      windows.forEach((window, r) => {
        tokens.set(window, r * length);
      });
      const all = await logits(tensor(tokens, [windows.length, length]));
      const last = new Float32Array(windows.length * vocabulary);
      windows.forEach((window, r) => {
        const from = (r * length + window.length - 1) * vocabulary;
        last.set(all.subarray(from, from + vocabulary), r * vocabulary);
      });
      return predictionsOf(last, vocabulary, temperature);
    },
  };
}

/** @param logits [batch, vocabulary] */
function predictionsOf(logits: Float32Array, vocabulary: number, temperature: number): Predictions {
  const rows = logits.length / vocabulary;
  const probabilities = new Float32Array(logits.length);
  const normalizers = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    const row = logits.subarray(r * vocabulary, (r + 1) * vocabulary);
    normalizers[r] = logSumExp(row);
    const top = row.reduce((a, b) => Math.max(a, b));
    const weights = row.map((x) => Math.exp((x - top) / temperature));
    const total = weights.reduce((a, b) => a + b, 0);
    probabilities.set(
      weights.map((x) => x / total),
      r * vocabulary,
    );
  }
  return { logits, probabilities, normalizers };
}

/** Logarithm of the sum of the exponentials. */
export function logSumExp(values: Float32Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i]! > top) top = values[i]!;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - top);
  return top + Math.log(sum);
}
