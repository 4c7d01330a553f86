import { ShapeError } from '../graph/errors.js';
import { showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { add, equal, greaterEqual, where } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { expandDims, reshape } from '../ops/shape.js';
import { softmax } from '../ops/softmax.js';
import { iota } from '../ops/sources.js';

/** Added to the scores of positions that must not be seen; finite, so that a row with none to see stays a number. */
const hidden = -1e30;

export interface AttentionOptions {
  /** Each query sees its own position and those before. With more keys than queries, the queries are the last positions. */
  readonly causal?: boolean;
  /** Added to the scores before the softmax; broadcasts against [batch, heads, queries, keys]. */
  readonly bias?: Value;
  /** Factor on the scores; 1 / sqrt(head width) when left out. */
  readonly scale?: number;
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1), with grouped queries (Ainslie et al. 2023) where there are
 * fewer key than query heads: query head h then reads key head floor(h / group).
 *
 * @param q [batch, heads, queries, width]
 * @param k [batch, key heads, keys, width]
 * @param v [batch, key heads, keys, value width]
 * @returns [batch, heads, queries, value width]
 */
export function attention(q: Value, k: Value, v: Value, options: AttentionOptions = {}): Value {
  const [batch, heads, queries, width] = q.shape as [number, number, number, number];
  const [keyHeads, keys] = [k.dim(1), k.dim(2)];
  if (heads % keyHeads !== 0) {
    throw new ShapeError(
      `attention: query heads must be a multiple of key heads: ${showShape(q.shape)} and ${showShape(k.shape)}`,
    );
  }
  // The queries of a group are rows of one product with their shared keys, so that nothing is repeated.
  const grouped = reshape(q, [batch, keyHeads, (heads / keyHeads) * queries, width]);
  let scores = matmul(grouped, k, { transB: true, alpha: options.scale ?? 1 / Math.sqrt(width) });
  if (options.causal || options.bias) {
    scores = reshape(scores, [batch, heads, queries, keys]);
    if (options.causal) scores = add(scores, causalBias(queries, keys));
    if (options.bias) scores = add(scores, options.bias);
    scores = reshape(scores, [batch, keyHeads, (heads / keyHeads) * queries, keys]);
  }
  return reshape(matmul(softmax(scores), v), [batch, heads, queries, v.dim(-1)]);
}

/** [queries, keys]: 0 where a query may look, a large negative number where it may not. */
export function causalBias(queries: number, keys: number): Value {
  const row = add(iota(queries), keys - queries);
  return where(greaterEqual(expandDims(row, 1), iota(keys)), 0, hidden);
}

/** Bias from a padding mask: [batch, keys] of 1 (real) and 0 (padding) to [batch, 1, 1, keys]. */
export function paddingBias(mask: Value): Value {
  const [batch, keys] = mask.shape as [number, number];
  return where(reshape(greaterEqual(mask, 1), [batch, 1, 1, keys]), 0, hidden);
}

/** Bias for rows that hold several texts: [batch, length] of their numbers to [batch, 1, length, length], where tokens see their own text. */
export function segmentBias(segments: Value): Value {
  const [batch, length] = segments.shape as [number, number];
  const same = equal(expandDims(segments, 2), expandDims(segments, 1));
  return reshape(where(same, 0, hidden), [batch, 1, length, length]);
}
