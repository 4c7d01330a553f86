import {
  type CachedAttentionOptions,
  constant,
  mapTree,
  type Tensor,
  type Tree,
  type Type,
  type Value,
} from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import type { CacheShape, DecoderCache } from './cache.js';

/** Keys and values of a layer, traced. */
export type TracedLayer = Pick<CachedAttentionOptions, 'keys' | 'values'>;

/** What one step of a causal language model takes. */
export interface StepArguments extends Pick<CachedAttentionOptions, 'pastBias' | 'newBias' | 'sizes'> {
  /** New tokens, [batch, steps] of int32. */
  readonly tokens: Value;
  /** Their positions, [batch, steps] of int64. */
  readonly places: Value;
  /** For each row the steps whose logits are wanted, repeated over the width: [batch, wanted, width] of int32. All if left out. */
  readonly rows?: Value;
  /** The past of each layer. */
  readonly cache: readonly TracedLayer[];
}

/** A causal language model as a function of new tokens and the past; logits are [batch, wanted, vocabulary]. */
export type Step<P> = (
  params: P,
  given: StepArguments,
) => { readonly logits: Value; readonly added: readonly TracedLayer[] };

/** The sizes of a decoder. */
export interface DecoderSizes extends CacheShape {
  readonly vocabulary: number;
  readonly width: number;
  readonly heads: number;
  /** Most positions that a sequence can have. */
  readonly positions: number;
}

/** A model's step with its weights as constants, which become part of what is compiled. */
export function withWeights<P>(
  step: Step<P>,
  params: unknown,
): (given: StepArguments) => ReturnType<Step<P>> {
  return (given) => step(mapTree(params as Tree<Tensor>, (t) => constant(t)) as P, given);
}

/** Types of the arguments that every step has, in the order in which they are passed. */
export function sharedTypes(
  { layers, keyValueHeads, headWidth }: DecoderSizes,
  { batch, steps, capacity }: { readonly batch: number; readonly steps: number; readonly capacity: number },
) {
  const past: Type = { dtype: 'float32', shape: [batch, keyValueHeads, capacity, headWidth] };
  return {
    tokens: { dtype: 'int32', shape: [batch, steps] },
    places: { dtype: 'int64', shape: [batch, steps] },
    pastBias: { dtype: 'float32', shape: [batch, 1, 1, capacity] },
    sizes: { dtype: 'int64', shape: [2] },
    cache: Array.from({ length: layers }, () => ({ keys: past, values: past })),
  } as const satisfies { readonly [K in keyof StepArguments]?: Tree<Type> };
}

/** Added to the score of a position that isn't there. */
export const HIDDEN = -1e30;

/** Hides what lies behind each row's past: `bias` is [batch, 1, 1, capacity]. */
export function hideFuture(bias: Float32Array, { lengths, capacity }: DecoderCache): void {
  bias.fill(HIDDEN);
  lengths.forEach((past, b) => {
    bias.fill(0, b * capacity, b * capacity + past);
  });
}

/**
 * @param counts of new tokens in each row
 * @throws {UserError} when a row would become longer than the model's positions
 */
export function checkRoom({ lengths }: DecoderCache, counts: readonly number[], positions: number): void {
  const needed = Math.max(...counts.map((count, b) => lengths[b]! + count));
  if (needed > positions) {
    throw new UserError(`too long for the model: ${needed} tokens`, {
      hint: `prompt and answer together can have ${positions}`,
    });
  }
}
