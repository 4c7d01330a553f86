import {
  compileInference,
  type Inference,
  log,
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
import type { Gpt, GptConfig } from '../../models/gpt.js';
import { headWidthOf, type Llama, type LlamaConfig } from '../../models/llama.js';
import { append, type DecoderCache, emptyAdded, emptyCache, type LayerCache } from './cache.js';
import { compileDrawStep, type DrawStep } from './draw-step.js';
import { gptStep } from './gpt-step.js';
import { llamaStep } from './llama-step.js';
import {
  checkRoom,
  type DecoderSizes,
  HIDDEN,
  hideFuture,
  type Step,
  type StepArguments,
  sharedTypes,
  withWeights,
} from './step.js';

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
  /** An empty past; `positions` that rows are expected to hold in the end save moving what they hold. */
  cache(batch: number, positions?: number): DecoderCache;
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
  /**
   * Adds one token to each row and draws those that follow, for less than `step`. The first call compiles the model once more, with weights
   * of its own.
   *
   * @throws {UserError} when a row becomes longer than the model's positions
   */
  readonly draw: DrawStep;
  release(): Promise<void>;
}

/** Compiles a LLaMA model for sequences of at most `positions` tokens. */
export function llamaDecoder(
  params: Llama<Tensor>,
  config: LlamaConfig,
  positions: number,
  options: SessionOptions = {},
): Promise<Decoder> {
  const sizes = { ...config, headWidth: headWidthOf(config), positions };
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
  const weighted = withWeights(step, params);
  const traced = (given: StepArguments, inverseTemperature: Value) => {
    const { logits, added } = weighted(given);
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
  let drawing: ReturnType<typeof compileDrawStep> | undefined;
  return {
    sizes,
    cache: (batch, positions) => emptyCache(batch, sizes, positions),
    step: stepper(session, sizes),
    async draw(cache, tokens, how) {
      drawing ??= compileDrawStep(weighted, sizes, options);
      return (await drawing).draw(cache, tokens, how);
    },
    async release() {
      await session.release();
      await (await drawing)?.release();
    },
  };
}

interface StepSizes {
  readonly batch: number;
  readonly steps: number;
  readonly wanted: number;
  readonly capacity: number;
}

function argumentTypes(decoder: DecoderSizes, own: StepSizes) {
  const { batch, steps, wanted } = own;
  const group = decoder.heads / decoder.keyValueHeads;
  const { cache, ...shared } = sharedTypes(decoder, own);
  return {
    ...shared,
    rows: { dtype: 'int32', shape: [batch, wanted, decoder.width] },
    newBias: { dtype: 'float32', shape: [1, 1, group * steps, steps] },
    cache,
  } as const satisfies { readonly [K in keyof StepArguments]: Tree<Type> };
}

/** A decoder's step, with memory that is kept as long as the sizes stay the same. */
function stepper(session: Inference, sizes: DecoderSizes): Decoder['step'] {
  let memory: StepMemory | undefined;
  return async (cache, tokens, { temperature = 1, all = false } = {}) => {
    const { batch, lengths } = cache;
    const counts = tokens.map((row) => row.length);
    const steps = Math.max(...counts);
    checkRoom(cache, counts, sizes.positions);
    const own: StepSizes = { batch, steps, wanted: all ? steps : 1, capacity: cache.capacity };
    if (!memory || !sameSizes(memory.sizes, own)) memory = allocate(own, sizes);
    const { given, outputs, added, predictions } = memory;
    tokens.forEach((row, b) => {
      for (let s = 0; s < steps; s += 1) {
        given.tokens[b * steps + s] = row[s] ?? 0;
        given.places[b * steps + s] = BigInt(Math.min(lengths[b]! + s, sizes.positions - 1));
      }
      if (!all) given.rows.fill(row.length - 1, b * sizes.width, (b + 1) * sizes.width);
    });
    hideFuture(given.pastBias, cache);
    given.inverseTemperature[0] = 1 / temperature;
    const past = cache.layers.flatMap(({ keys, values }) => [keys, values]);
    const [inverseTemperature, ...others] = memory.inputs as [Tensor, ...Tensor[]];
    await session.run([...others, ...past, inverseTemperature], outputs);
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
  const { vocabulary, width } = sizes;
  const group = sizes.heads / sizes.keyValueHeads;
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
  const added = emptyAdded(sizes, batch, steps);
  return {
    sizes: own,
    given,
    inputs: [
      tensor(given.inverseTemperature, []),
      tensor(given.tokens, [batch, steps]),
      tensor(given.places, [batch, steps]),
      tensor(given.pastBias, [batch, 1, 1, capacity]),
      tensor(BigInt64Array.of(BigInt(capacity), BigInt(steps))),
      tensor(given.rows, [batch, wanted, width]),
      tensor(newBias, [1, 1, group * steps, steps]),
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
