import { ShapeError } from '../graph/errors.js';
import { showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { applyAll } from './apply.js';
import type { Rules } from './rule.js';

export const cachedAttentionRules: Rules<'cachedAttention'> = {
  // Inputs: packed, keys, values, lengths, total, and cosines and sines where positions are rotary.
  cachedAttention: {
    infer: ([packed, keys, values, ...others], { heads, keyValueHeads }) => {
      const [batch, steps, width] = packed!.shape;
      const head = keys!.shape[3]!;
      const fits =
        packed!.rank === 3 &&
        keys!.rank === 4 &&
        width === (heads + 2 * keyValueHeads) * head &&
        keys!.shape[0] === batch &&
        keys!.shape[1] === keyValueHeads &&
        keys!.shape.every((d, i) => d === values!.shape[i]);
      if (!fits || [packed!, keys!, values!].some((v) => v.dtype !== 'float32')) {
        throw new ShapeError(
          `cachedAttention: queries, keys and values of ${heads} and ${keyValueHeads} heads do not fit the cache, in float32: ${showShape(packed!.shape)} and ${showShape(keys!.shape)}`,
        );
      }
      const unit = others.length > 2 ? 16 : 8;
      if (head % unit !== 0)
        throw new ShapeError(`cachedAttention: a head's width must be a multiple of ${unit}: ${head}`);
      if (others.slice(0, 2).some((v) => v.dtype !== 'int32'))
        throw new ShapeError('cachedAttention: lengths and total must be int32');
      return [{ dtype: 'float32', shape: [batch!, steps!, heads * head] }, keys!, values!];
    },
    emit: (e, [packed, keys, values, lengths, total, cos = '', sin = ''], { attributes }) => {
      const inputs = [packed!, '', '', keys!, values!, lengths!, total!, cos, sin];
      const { heads, keyValueHeads } = attributes;
      return e.nodeWithOutputs(
        'GroupQueryAttention',
        cos === '' ? inputs.slice(0, 7) : inputs,
        3,
        { num_heads: heads, kv_num_heads: keyValueHeads, do_rotary: cos === '' ? 0 : 1 },
        'com.microsoft',
      );
    },
    vjp: null,
    samples: [],
  },
};

/** A part of the past: keys or values of the positions so far, [batch, key-value heads, capacity, head width]. */
export interface AttentionCache {
  readonly keys: Value;
  readonly values: Value;
}

export interface CachedAttentionOptions {
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Number of positions in each row, the new ones counted, less one: [batch] of int32. */
  readonly lengths: Value;
  /** The largest number of positions in any row, [1] of int32. */
  readonly total: Value;
  /**
   * Rotary positions: cosines and sines, [positions, head width / 2], the planes made of a head's two halves. A head's
   * width must then be a multiple of 16, otherwise of 8: the runtime's kernel is made so.
   */
  readonly rotary?: { readonly cos: Value; readonly sin: Value };
}

/**
 * Causal attention of new positions to a cache and to themselves, for inference: it has no gradient. The result's cache
 * holds the new keys and values too; run with the same memory for both, the cache is written in place.
 *
 * The new positions of a row are the last `steps` of its length. Several new positions behind a non-empty past are
 * possible for a batch of one only. In the first call, where `total` equals `steps`, shorter rows are padded on the
 * right, and what stands at the padding is undefined.
 *
 * @param packed queries, keys and values side by side, [batch, steps, (heads + 2 key-value heads) * head width], not yet rotated
 * @returns [batch, steps, heads * head width] and the cache
 */
export function cachedAttention(
  packed: Value,
  cache: AttentionCache,
  options: CachedAttentionOptions,
): { readonly context: Value; readonly cache: AttentionCache } {
  const { heads, keyValueHeads, lengths, total, rotary } = options;
  const inputs = [packed, cache.keys, cache.values, lengths, total];
  const [context, keys, values] = applyAll(
    'cachedAttention',
    rotary ? [...inputs, rotary.cos, rotary.sin] : inputs,
    { heads, keyValueHeads },
  ) as [Value, Value, Value];
  return { context, cache: { keys, values } };
}
