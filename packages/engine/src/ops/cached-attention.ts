import { ShapeError } from '../graph/errors.js';
import { showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { applyAll } from './apply.js';
import type { Emitter, Rules } from './rule.js';

export const cachedAttentionRules: Rules<'cachedAttention'> = {
  // Inputs: packed, keys, values, pastBias, newBias, sizes, and places, cosines and sines where positions are rotary.
  cachedAttention: {
    infer: ([packed, keys, values], { heads, keyValueHeads }) => {
      const [batch, steps, width] = packed!.shape;
      const [, , capacity, head] = keys!.shape;
      const fits =
        packed!.rank === 3 &&
        width === (heads + 2 * keyValueHeads) * head! &&
        showShape(keys!.shape) === showShape([batch!, keyValueHeads, capacity!, head!]) &&
        showShape(values!.shape) === showShape(keys!.shape);
      if (!fits || [packed!, keys!, values!].some((v) => v.dtype !== 'float32')) {
        throw new ShapeError(
          `cachedAttention: queries, keys and values of ${heads} and ${keyValueHeads} heads do not fit the cache, in float32: ${[packed!, keys!, values!].map((v) => showShape(v.shape)).join(', ')}`,
        );
      }
      return [
        { dtype: 'float32', shape: [batch!, steps!, heads * head!] },
        { dtype: 'float32', shape: [batch!, keyValueHeads, steps!, head!] },
        { dtype: 'float32', shape: [batch!, keyValueHeads, steps!, head!] },
      ];
    },
    emit: (e, names, { inputs, attributes: { heads, keyValueHeads } }) => {
      const [packed, keys, values, pastBias, newBias, sizes, places, cos, sin] = names as readonly string[];
      const head = inputs[1]!.shape[3]!;
      const [queryWidth, keyWidth] = [heads * head, keyValueHeads * head];
      const reshape = (x: string, shape: readonly number[]) => e.node('Reshape', [x, e.int64s(shape)]);
      const transpose = (x: string, perm: readonly number[]) => e.node('Transpose', [x], { perm });
      // A zero keeps a dimension, so that nothing here depends on the sizes of batch, steps and capacity.
      const toHeads = (x: string, count: number) => reshape(x, [0, 0, count, head]);

      const [unturned, v] = split(e, packed!, e.int64s([queryWidth + keyWidth, keyWidth]));
      const rotated =
        places === undefined
          ? unturned
          : e.node(
              'RotaryEmbedding',
              [unturned, places, cos!, sin!],
              { num_heads: heads + keyValueHeads },
              'com.microsoft',
            );
      const [q, k] = split(e, rotated, e.int64s([queryWidth, keyWidth]));
      const scaled = e.node('Mul', [q, e.scalar(1 / Math.sqrt(head), inputs[0]!)]);
      // The queries of a group are rows of one product with their shared keys.
      const queries = reshape(transpose(toHeads(scaled, heads), [0, 2, 1, 3]), [0, keyValueHeads, -1, head]);
      const newKeys = transpose(toHeads(k, keyValueHeads), [0, 2, 1, 3]);
      const newValues = transpose(toHeads(v, keyValueHeads), [0, 2, 1, 3]);

      const scores = (of: string) => e.node('FusedMatMul', [queries, of], { transB: 1 }, 'com.microsoft');

      const past = e.node('Add', [scores(keys!), pastBias!]);
      const own = e.node('Add', [scores(newKeys), newBias!]);
      const weights = e.node('Softmax', [e.node('Concat', [past, own], { axis: -1 })], { axis: -1 });
      const [toPast, toOwn] = split(e, weights, sizes!);
      const context = e.node('Add', [
        e.node('MatMul', [toPast, values!]),
        e.node('MatMul', [toOwn, newValues]),
      ]);
      const perPosition = transpose(reshape(context, [0, heads, -1, head]), [0, 2, 1, 3]);
      return [reshape(perPosition, [0, 0, queryWidth]), newKeys, newValues];
    },
    vjp: null,
    samples: [],
  },
};

function split(e: Emitter, x: string, sizes: string): readonly [string, string] {
  return e.nodeWithOutputs('Split', [x, sizes], 2, { axis: -1 }) as [string, string];
}

export interface CachedAttentionOptions {
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Keys and values of past positions, each [batch, key-value heads, capacity, head width]. */
  readonly keys: Value;
  readonly values: Value;
  /** Added to the scores of past positions, [batch, 1, 1, capacity]: a large negative number where there is none. */
  readonly pastBias: Value;
  /** Added to the scores of new positions, [1, 1, group * steps, steps] with group = heads / key-value heads. */
  readonly newBias: Value;
  /** Capacity and steps: [2] of int64. */
  readonly sizes: Value;
  /** Rotary positions: the new ones [batch, steps] of int64, and cosines and sines [positions, head width / 2]. */
  readonly rotary?: { readonly places: Value; readonly cos: Value; readonly sin: Value };
}

/** What `cachedAttention` gives; new keys and values are each [batch, key-value heads, steps, head width]. */
export interface CachedAttention {
  /** [batch, steps, heads * head width] */
  readonly context: Value;
  readonly keys: Value;
  readonly values: Value;
}

/**
 * Attention of new positions to a cache and to themselves, for inference: it has no gradient. The cache is only read;
 * whoever runs the model writes the new keys and values to it, which costs less than a runtime that returns a whole cache.
 * What is computed is the same for all sizes of batch, steps and capacity (see `compileInference`).
 *
 * @param packed queries, keys and values side by side, [batch, steps, (heads + 2 key-value heads) * head width]; with rotary
 *   positions not yet rotated, the planes made of a head's two halves
 */
export function cachedAttention(packed: Value, options: CachedAttentionOptions): CachedAttention {
  const { heads, keyValueHeads, rotary } = options;
  const inputs = [packed, options.keys, options.values, options.pastBias, options.newBias, options.sizes];
  if (rotary) inputs.push(rotary.places, rotary.cos, rotary.sin);
  const [context, keys, values] = applyAll('cachedAttention', inputs, { heads, keyValueHeads });
  return { context: context!, keys: keys!, values: values! };
}
