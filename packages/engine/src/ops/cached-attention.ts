import { ShapeError } from '../graph/errors.js';
import { showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { applyAll } from './apply.js';
import type { Emitter, NodeOf, Rules } from './rule.js';

export const cachedAttentionRules: Rules<'cachedAttention'> = {
  // Inputs: packed, keys, values, pastBias and sizes; newBias for several steps; scales of the norms of queries and keys, where there
  // are norms; places, cosines and sines for rotary positions.
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
    emit: (e, names, node) => {
      const [packed, keys, values, pastBias, sizes, ...others] = names as string[];
      const newBias = node.inputs[0]!.shape[1] === 1 ? undefined : others.shift();
      const scales = node.attributes.normEpsilon === undefined ? undefined : others.splice(0, 2);
      const rotary = others.length > 0 ? others : undefined;
      const [queries, k, v] = (newBias ? headsOfSteps : headsOfOneStep)(e, packed!, { scales, rotary }, node);

      const past = e.node('Add', [productWithKeys(e, queries, keys!), pastBias!]);
      // One step sees itself: for each head a product of two vectors, which costs less as a sum than as a matrix product.
      const own = newBias
        ? e.node('Add', [productWithKeys(e, queries, k), newBias])
        : e.node('ReduceSum', [e.node('Mul', [queries, k]), e.int64s([-1])], { keepdims: 1 });
      const scores = e.node('Concat', [past, own], { axis: -1 });
      const weights = e.node('Softmax', [scores], { axis: -1 });
      const [toPast, toOwn] = split(e, weights, sizes!, -1);
      const context = e.node('Add', [
        e.node('MatMul', [toPast, values!]),
        e.node(newBias ? 'MatMul' : 'Mul', [toOwn, v]),
      ]);
      return [fromHeads(e, context, node), k, v];
    },
    vjp: null,
    samples: [],
  },
};

/**
 * Queries [batch, key-value heads, group * steps, head width], the queries of a group being rows of one product with their shared keys;
 * keys and values [batch, key-value heads, steps, head width]. A zero in a shape keeps a dimension, so that no number of rows or steps is
 * fixed.
 */
type Heads = readonly [queries: string, keys: string, values: string];

/** What happens to queries and keys before they meet, by the names of its inputs. */
interface Turning {
  readonly scales: readonly string[] | undefined;
  readonly rotary: readonly string[] | undefined;
}

function headsOfSteps(
  e: Emitter,
  packed: string,
  { scales, rotary }: Turning,
  node: NodeOf<'cachedAttention'>,
): Heads {
  const { inputs, attributes } = node;
  const { heads, keyValueHeads } = attributes;
  const head = inputs[1]!.shape[3]!;
  const [queryWidth, keyWidth] = [heads * head, keyValueHeads * head];
  const toHeads = (x: string, count: number) =>
    e.node('Transpose', [reshape(e, x, [0, 0, count, head])], { perm: [0, 2, 1, 3] });
  const [plain, v] = split(e, packed, e.int64s([queryWidth + keyWidth, keyWidth]), -1);
  const both = heads + keyValueHeads;
  const unturned = scales
    ? reshape(e, normed(e, reshape(e, plain, [0, 0, both, head]), scales, 2, node), [0, 0, both * head])
    : plain;
  const rotated = rotary
    ? e.node('RotaryEmbedding', [unturned, ...rotary], { num_heads: both }, 'com.microsoft')
    : unturned;
  const [q, k] = split(e, rotated, e.int64s([queryWidth, keyWidth]), -1);
  const queries = reshape(e, toHeads(scaled(e, q, node), heads), [0, keyValueHeads, -1, head]);
  return [queries, toHeads(k, keyValueHeads), toHeads(v, keyValueHeads)];
}

/** As `headsOfSteps`, for one step: heads are where they are needed. */
function headsOfOneStep(
  e: Emitter,
  packed: string,
  { scales, rotary }: Turning,
  node: NodeOf<'cachedAttention'>,
): Heads {
  const { inputs, attributes } = node;
  const { heads, keyValueHeads } = attributes;
  const head = inputs[1]!.shape[3]!;
  const all = reshape(e, packed, [0, heads + 2 * keyValueHeads, 1, head]);
  const [plain, v] = split(e, all, e.int64s([heads + keyValueHeads, keyValueHeads]), 1);
  const unturned = scales ? normed(e, plain, scales, 1, node) : plain;
  const rotated = rotary ? e.node('RotaryEmbedding', [unturned, ...rotary], {}, 'com.microsoft') : unturned;
  const [q, k] = split(e, rotated, e.int64s([heads, keyValueHeads]), 1);
  return [reshape(e, scaled(e, q, node), [0, keyValueHeads, -1, head]), k, v];
}

/** Heads of queries and keys, side by side along an axis, over their root mean squares and times their scales. */
function normed(
  e: Emitter,
  x: string,
  scales: readonly string[],
  axis: number,
  { attributes: { heads, keyValueHeads, normEpsilon } }: NodeOf<'cachedAttention'>,
): string {
  const attributes = { axis: -1, epsilon: { float: normEpsilon! } };
  const parts = split(e, x, e.int64s([heads, keyValueHeads]), axis).map((part, i) =>
    e.node('SimplifiedLayerNormalization', [part, scales[i]!], attributes),
  );
  return e.node('Concat', parts, { axis });
}

/**
 * Queries over the root of the head width. Another operator must stand between this and the product with the keys: the runtime would make
 * both one product with a factor, for which it lacks its fast kernel for single rows.
 */
function scaled(e: Emitter, q: string, { inputs }: NodeOf<'cachedAttention'>): string {
  return e.node('Mul', [q, e.scalar(1 / Math.sqrt(inputs[1]!.shape[3]!), inputs[0]!)]);
}

/** From [batch, key-value heads, group * steps, head width] to [batch, steps, heads * head width]. */
function fromHeads(
  e: Emitter,
  context: string,
  { inputs, attributes: { heads } }: NodeOf<'cachedAttention'>,
): string {
  const head = inputs[1]!.shape[3]!;
  if (inputs[0]!.shape[1] === 1) return reshape(e, context, [0, 1, heads * head]);
  const perStep = e.node('Transpose', [reshape(e, context, [0, heads, -1, head])], { perm: [0, 2, 1, 3] });
  return reshape(e, perStep, [0, 0, heads * head]);
}

function reshape(e: Emitter, x: string, shape: readonly number[]): string {
  return e.node('Reshape', [x, e.int64s(shape)]);
}

function productWithKeys(e: Emitter, queries: string, keys: string): string {
  return e.node('FusedMatMul', [queries, keys], { transB: 1 }, 'com.microsoft');
}

function split(e: Emitter, x: string, sizes: string, axis: number): readonly [string, string] {
  return e.nodeWithOutputs('Split', [x, sizes], 2, { axis }) as [string, string];
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
  /** Root-mean-square norms of each head's queries and keys before they are rotated; scales [head width] (Qwen 3). */
  readonly norms?: { readonly queries: Value; readonly keys: Value; readonly epsilon: number };
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
  const { heads, keyValueHeads, newBias, norms, rotary } = options;
  const inputs = [packed, options.keys, options.values, options.pastBias, options.sizes];
  if ((newBias === undefined) !== (packed.dim(1) === 1)) {
    throw new ShapeError(
      `cachedAttention: newBias is for several new positions: ${newBias ? 'given' : 'missing'} for ${packed.dim(1)}`,
    );
  }
  if (newBias) inputs.push(newBias);
  if (norms) inputs.push(norms.queries, norms.keys);
  if (rotary) inputs.push(rotary.places, rotary.cos, rotary.sin);
  const [context, keys, values] = applyAll('cachedAttention', inputs, {
    heads,
    keyValueHeads,
    ...(norms && { normEpsilon: norms.epsilon }),
  });
  return { context: context!, keys: keys!, values: values! };
}
