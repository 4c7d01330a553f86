import {
  type CachedAttentionOptions,
  compileInference,
  constant,
  type Inference,
  log,
  mapTree,
  max,
  mul,
  type SessionOptions,
  softmax,
  sub,
  type Tensor,
  type Tree,
  type Type,
  tensor,
  type Value,
  zerosTensor,
} from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import type { Gpt, GptConfig } from '../../models/gpt.js';
import type { Llama, LlamaConfig } from '../../models/llama.js';
import { append, type CacheShape, type DecoderCache, emptyCache, type LayerCache, reserve } from './cache.js';
import { gptStep } from './gpt-step.js';
import { llamaStep } from './llama-step.js';

/** Keys and values of a layer, traced. */
type TracedLayer = Pick<CachedAttentionOptions, 'keys' | 'values'>;

/** What one step of a causal language model takes. */
export interface StepArguments extends Pick<CachedAttentionOptions, 'pastBias' | 'newBias' | 'sizes'> {
  /** New tokens, [batch, steps] of int32. */
  readonly tokens: Value;
  /** Their positions, [batch, steps] of int64. */
  readonly places: Value;
  /** For each row the steps whose logits are wanted, repeated over the width: [batch, wanted, width] of int32. */
  readonly rows: Value;
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

/** What may follow at the wanted steps. */
export interface Predictions {
  /** [batch, wanted, vocabulary] */
  readonly logits: Float32Array;
  /** Probabilities at the given temperature, [batch, wanted, vocabulary]. */
  readonly probabilities: Float32Array;
  /** Logarithm of the sum of the exponentials of each row of logits, [batch, wanted]. */
  readonly normalizers: Float32Array;
}

export interface StepOptions {
  /** Divides the logits of which probabilities are made. 1 unless told. */
  readonly temperature?: number;
  /** Give predictions after each new token instead of after the last; for rows of one length. */
  readonly all?: boolean;
}

/** A causal language model compiled for decoding; its weights are part of the compiled model. */
export interface Decoder {
  readonly sizes: DecoderSizes;
  /** An empty past. */
  cache(batch: number): DecoderCache;
  /**
   * Adds new tokens to the past and predicts what follows. Rows may differ in their past and in their number of tokens.
   * The predictions are valid until the next step.
   *
   * @param tokens of each row, at least one
   * @throws {UserError} when a row becomes longer than the model's positions
   */
  step(
    cache: DecoderCache,
    tokens: readonly ArrayLike<number>[],
    options?: StepOptions,
  ): Promise<Predictions>;
  release(): Promise<void>;
}

/** Compiles a LLaMA model for sequences of at most `positions` tokens. */
export function llamaDecoder(
  params: Llama<Tensor>,
  config: LlamaConfig,
  positions: number,
  options: SessionOptions = {},
): Promise<Decoder> {
  const sizes = { ...config, headWidth: config.width / config.heads, positions };
  return compileDecoder(llamaStep(config, positions), params, sizes, options);
}

/** Compiles a GPT model. */
export function gptDecoder(
  params: Gpt<Tensor>,
  config: GptConfig,
  options: SessionOptions = {},
): Promise<Decoder> {
  const headWidth = config.width / config.heads;
  const sizes = { ...config, keyValueHeads: config.heads, headWidth, positions: config.block };
  return compileDecoder(gptStep(config), params, sizes, options);
}

async function compileDecoder<P>(
  step: Step<P>,
  params: unknown,
  sizes: DecoderSizes,
  options: SessionOptions,
): Promise<Decoder> {
  const traced = (given: StepArguments, inverseTemperature: Value) => {
    const constants = mapTree(params as Tree<Tensor>, (t) => constant(t)) as P;
    const { logits, added } = step(constants, given);
    const largest = (x: Value) => max(x, { axes: -1, keepDims: true });
    // The likeliest token's probability is never too small for a logarithm.
    const normalizers = sub(largest(logits), log(largest(softmax(logits))));
    return { logits, probabilities: softmax(mul(logits, inverseTemperature)), normalizers, added };
  };
  const scalar: Type = { dtype: 'float32', shape: [] };
  const session = await compileInference(
    traced,
    [
      [argumentTypes(sizes, { batch: 2, steps: 3, wanted: 4, capacity: 8 }), scalar],
      [argumentTypes(sizes, { batch: 5, steps: 6, wanted: 7, capacity: 16 }), scalar],
    ],
    options,
  );
  return {
    sizes,
    cache: (batch) => emptyCache(batch, sizes),
    step: stepper(session, sizes),
    release: () => session.release(),
  };
}

interface StepSizes {
  readonly batch: number;
  readonly steps: number;
  readonly wanted: number;
  readonly capacity: number;
}

function argumentTypes(
  { width, layers, heads, keyValueHeads, headWidth }: DecoderSizes,
  { batch, steps, wanted, capacity }: StepSizes,
): { readonly [K in keyof StepArguments]: Tree<Type> } {
  const float32 = (...shape: number[]): Type => ({ dtype: 'float32', shape });
  const int32 = (...shape: number[]): Type => ({ dtype: 'int32', shape });
  const int64 = (...shape: number[]): Type => ({ dtype: 'int64', shape });
  return {
    tokens: int32(batch, steps),
    places: int64(batch, steps),
    rows: int32(batch, wanted, width),
    pastBias: float32(batch, 1, 1, capacity),
    newBias: float32(1, 1, (heads / keyValueHeads) * steps, steps),
    sizes: int64(2),
    cache: Array.from({ length: layers }, () => ({
      keys: float32(batch, keyValueHeads, capacity, headWidth),
      values: float32(batch, keyValueHeads, capacity, headWidth),
    })),
  };
}

/** Added to the score of a position that isn't there. */
const HIDDEN = -1e30;

/** A decoder's step, with memory that is kept as long as the sizes stay the same. */
function stepper(session: Inference, sizes: DecoderSizes): Decoder['step'] {
  let memory: StepMemory | undefined;
  return async (cache, tokens, { temperature = 1, all = false } = {}) => {
    const { batch, lengths } = cache;
    const counts = tokens.map((row) => row.length);
    const steps = Math.max(...counts);
    const needed = Math.max(...counts.map((count, b) => lengths[b]! + count));
    if (needed > sizes.positions) {
      throw new UserError(`too long for the model: ${needed} tokens`, {
        hint: `prompt and answer together can have ${sizes.positions}`,
      });
    }
    reserve(cache, Math.max(...lengths));
    const own: StepSizes = { batch, steps, wanted: all ? steps : 1, capacity: cache.capacity };
    if (!memory || !sameSizes(memory.sizes, own)) memory = allocate(own, sizes);
    const { given, outputs, added, predictions } = memory;
    tokens.forEach((row, b) => {
      const past = lengths[b]!;
      for (let s = 0; s < steps; s += 1) {
        given.tokens[b * steps + s] = row[s] ?? 0;
        given.places[b * steps + s] = BigInt(Math.min(past + s, sizes.positions - 1));
      }
      if (!all) given.rows.fill(row.length - 1, b * sizes.width, (b + 1) * sizes.width);
      given.pastBias.fill(0, b * own.capacity, b * own.capacity + past);
      given.pastBias.fill(HIDDEN, b * own.capacity + past, (b + 1) * own.capacity);
    });
    given.inverseTemperature[0] = 1 / temperature;
    const past = cache.layers.flatMap(({ keys, values }) => [keys, values]);
    const [inverseTemperature, ...others] = memory.inputs as [Tensor, ...Tensor[]];
    await session.run([...others, ...past, inverseTemperature], outputs);
    reserve(cache, needed);
    append(cache, added, steps, counts);
    return predictions;
  };
}

function sameSizes(a: StepSizes, b: StepSizes): boolean {
  return a.batch === b.batch && a.steps === b.steps && a.wanted === b.wanted && a.capacity === b.capacity;
}

interface StepMemory {
  readonly sizes: StepSizes;
  readonly given: {
    readonly tokens: Int32Array;
    readonly places: BigInt64Array;
    readonly rows: Int32Array;
    readonly pastBias: Float32Array;
    readonly inverseTemperature: Float32Array;
  };
  /** The inverse temperature, then the arguments before the cache in their order. */
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly added: readonly LayerCache[];
  readonly predictions: Predictions;
}

function allocate(own: StepSizes, sizes: DecoderSizes): StepMemory {
  const { batch, steps, wanted, capacity } = own;
  const { vocabulary, width, keyValueHeads, headWidth } = sizes;
  const group = sizes.heads / keyValueHeads;
  const given = {
    tokens: new Int32Array(batch * steps),
    places: new BigInt64Array(batch * steps),
    rows: new Int32Array(batch * wanted * width).map((_, i) => Math.floor(i / width) % wanted),
    pastBias: new Float32Array(batch * capacity),
    inverseTemperature: new Float32Array(1),
  };
  const newBias = Float32Array.from({ length: group * steps * steps }, (_, i) =>
    i % steps <= Math.floor(i / steps) % steps ? 0 : HIDDEN,
  );
  const logits = zerosTensor([batch, wanted, vocabulary]);
  const probabilities = zerosTensor([batch, wanted, vocabulary]);
  const normalizers = zerosTensor([batch, wanted, 1]);
  const added = Array.from({ length: sizes.layers }, () => ({
    keys: zerosTensor([batch, keyValueHeads, steps, headWidth]),
    values: zerosTensor([batch, keyValueHeads, steps, headWidth]),
  }));
  return {
    sizes: own,
    given,
    inputs: [
      tensor(given.inverseTemperature, []),
      tensor(given.tokens, [batch, steps]),
      tensor(given.places, [batch, steps]),
      tensor(given.rows, [batch, wanted, width]),
      tensor(given.pastBias, [batch, 1, 1, capacity]),
      tensor(newBias, [1, 1, group * steps, steps]),
      tensor(BigInt64Array.of(BigInt(capacity), BigInt(steps))),
    ],
    outputs: [logits, probabilities, normalizers, ...added.flatMap(({ keys, values }) => [keys, values])],
    added,
    predictions: {
      logits: logits.data as Float32Array,
      probabilities: probabilities.data as Float32Array,
      normalizers: normalizers.data as Float32Array,
    },
  };
}
