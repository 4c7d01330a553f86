import { ShapeError } from '../graph/errors.js';
import { showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { applyAll } from './apply.js';
import type { Emitter, Rules } from './rule.js';

export const cachedAttentionRules: Rules<'cachedAttention'> = {
  // Inputs: packed, keys, values, pastBias and sizes; newBias for several steps; places, cosines and sines for rotary positions.
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
      return [heads, keyValueHeads, keyValueHeads].map((count) => ({
        dtype: 'float32',
        shape: [batch!, steps!, count * head!],
      }));
    },
    emit: (e, names, { inputs, attributes: { heads, keyValueHeads } }) => {
      const [packed, keys, values, pastBias, sizes, ...others] = names as string[];
      const newBias = inputs[0]!.shape[1] === 1 ? undefined : others.shift();
      const [places, cos, sin] = others;
      const head = inputs[1]!.shape[3]!;
      const [queryWidth, keyWidth] = [heads * head, keyValueHeads * head];

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
      const [unscaled, k] = split(e, rotated, e.int64s([queryWidth, keyWidth]));
      const q = e.node('Mul', [unscaled, e.scalar(1 / Math.sqrt(head), inputs[0]!)]);
      const perHead = [0, keyValueHeads, -1, head];
      const own = newBias === undefined ? ofOneStep(e, perHead) : ofSteps(e, newBias, perHead);
      // The queries of a group are rows of one product with their shared keys.
      const queries = own.toHeads(q, heads);
      const newKeys = own.toHeads(k, keyValueHeads);
      const newValues = own.toHeads(v, keyValueHeads);

      const past = e.node('Add', [productWithKeys(e, queries, keys!), pastBias!]);
      const scores = e.node('Concat', [past, own.scores(queries, newKeys)], { axis: -1 });
      const [toPast, toOwn] = split(e, e.node('Softmax', [scores], { axis: -1 }), sizes!);
      const context = e.node('Add', [e.node('MatMul', [toPast, values!]), own.weighted(toOwn, newValues)]);
      return [own.fromHeads(context, heads, queryWidth), k, v];
    },
    vjp: null,
    samples: [],
  },
};

/** How new positions are laid out and attend to each other. A zero in a shape keeps a dimension: no size of batch or steps is fixed. */
interface NewPositions {
  /** From [batch, steps, heads * head width] to [batch, key-value heads, group * steps, head width]. */
  toHeads(x: string, heads: number): string;
  /** Back again. */
  fromHeads(context: string, heads: number, width: number): string;
  scores(queries: string, keys: string): string;
  weighted(weights: string, values: string): string;
}

function ofSteps(e: Emitter, newBias: string, perHead: readonly number[]): NewPositions {
  const reshape = (x: string, shape: readonly number[]) => e.node('Reshape', [x, e.int64s(shape)]);
  const swapped = (x: string) => e.node('Transpose', [x], { perm: [0, 2, 1, 3] });
  return {
    toHeads: (x, heads) => reshape(swapped(reshape(x, [0, 0, heads, perHead[3]!])), perHead),
    fromHeads: (context, heads, width) =>
      reshape(swapped(reshape(context, [0, heads, -1, width / heads])), [0, 0, width]),
    scores: (queries, keys) => e.node('Add', [productWithKeys(e, queries, keys), newBias]),
    weighted: (weights, values) => e.node('MatMul', [weights, values]),
  };
}

/** One new position sees itself: a product of two vectors for each head, which costs less as a sum than as a matrix product. */
function ofOneStep(e: Emitter, perHead: readonly number[]): NewPositions {
  const reshape = (x: string, shape: readonly number[]) => e.node('Reshape', [x, e.int64s(shape)]);
  return {
    toHeads: (x) => reshape(x, perHead),
    fromHeads: (context, _, width) => reshape(context, [0, 1, width]),
    scores: (queries, keys) =>
      e.node('ReduceSum', [e.node('Mul', [queries, keys]), e.int64s([-1])], { keepdims: 1 }),
    weighted: (weights, values) => e.node('Mul', [weights, values]),
  };
}

function productWithKeys(e: Emitter, queries: string, keys: string): string {
  return e.node('FusedMatMul', [queries, keys], { transB: 1 }, 'com.microsoft');
}

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
  /**
   * Added to the scores of new positions among each other, [1, 1, group * steps, steps] with group = heads / key-value heads. Left out for
   * one step.
   */
  readonly newBias?: Value;
  /** Capacity and steps: [2] of int64. */
  readonly sizes: Value;
  /** Rotary positions: the new ones [batch, steps] of int64, and cosines and sines [positions, head width / 2]. */
  readonly rotary?: { readonly places: Value; readonly cos: Value; readonly sin: Value };
}

/** What `cachedAttention` gives; new keys and values are each [batch, steps, key-value heads * head width]. */
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
  const { heads, keyValueHeads, newBias, rotary } = options;
  const inputs = [packed, options.keys, options.values, options.pastBias, options.sizes];
  if ((newBias === undefined) !== (packed.dim(1) === 1)) {
    throw new ShapeError(
      `cachedAttention: newBias is for several new positions: ${newBias ? 'given' : 'missing'} for ${packed.dim(1)}`,
    );
  }
  if (newBias) inputs.push(newBias);
  if (rotary) inputs.push(rotary.places, rotary.cos, rotary.sin);
  const [context, keys, values] = applyAll('cachedAttention', inputs, { heads, keyValueHeads });
  return { context: context!, keys: keys!, values: values! };
}
