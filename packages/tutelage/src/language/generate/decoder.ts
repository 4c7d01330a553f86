import {
  type AttentionCache,
  compileInference,
  constant,
  logSoftmax,
  mapTree,
  type SessionOptions,
  slice,
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
import { gptStep } from './gpt-step.js';
import { llamaStep } from './llama-step.js';

/** What one step of a causal language model takes; all integers are int32. */
export interface StepArguments {
  /** New tokens, [batch, steps]. */
  readonly tokens: Value;
  /** Their positions, [batch, steps]. */
  readonly places: Value;
  /** For each row the steps whose logits are wanted, repeated over the width: [batch, wanted, width]. */
  readonly rows: Value;
  /** As `cachedAttention` takes it. */
  readonly lengths: Value;
  readonly total: Value;
  /** Of each layer. */
  readonly cache: readonly AttentionCache[];
}

/** A causal language model as a function of new tokens and the past; logits are [batch, wanted, vocabulary]. */
export type Step<P> = (
  params: P,
  given: StepArguments,
) => { readonly logits: Value; readonly cache: readonly AttentionCache[] };

/** The sizes of a decoder. */
export interface DecoderSizes {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
  /** Most positions that a sequence can have. */
  readonly positions: number;
}

/** The past of a batch: keys and values in memory that is allocated once and written in place. */
export interface DecoderCache {
  readonly batch: number;
  readonly capacity: number;
  readonly layers: readonly { readonly keys: Tensor; readonly values: Tensor }[];
  /** Number of positions that each row holds; lowering it forgets the last ones. */
  readonly lengths: Int32Array;
}

/** Logits of the next token at the wanted steps, valid until the next step of the same decoder. */
export interface Predictions {
  /** [batch, wanted, vocabulary] */
  readonly logits: Float32Array;
  /** Logarithm of the sum of the exponentials of each row of logits: [batch, wanted]. */
  readonly normalizers: Float32Array;
}

/** A causal language model compiled for decoding; its weights are part of the compiled model. */
export interface Decoder {
  readonly sizes: DecoderSizes;
  /** An empty past. Throws a `UserError` when the model can't have that many positions. */
  cache(batch: number, capacity: number): DecoderCache;
  /**
   * Adds new tokens to the past and predicts what follows. Rows may differ in their number of tokens only when the past
   * is empty; with a past, several tokens at once are possible for a batch of one.
   *
   * @param tokens of each row, at least one
   * @param all give predictions after each token instead of after the last; for a batch of one
   */
  step(cache: DecoderCache, tokens: readonly ArrayLike<number>[], all?: boolean): Promise<Predictions>;
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
  const traced = (given: StepArguments) => {
    const constants = mapTree(params as Tree<Tensor>, (t) => constant(t)) as P;
    const { logits, cache } = step(constants, given);
    // The difference of the same element of two arrays of which each is at hand anyway.
    const normalizers = sub(first(logits), first(logSoftmax(logits)));
    return { logits, normalizers, cache };
  };
  const session = await compileInference(
    traced,
    [[argumentTypes(sizes, [2, 3, 4, 8])], [argumentTypes(sizes, [5, 6, 7, 16])]],
    options,
  );
  const buffers = new Buffers();
  return {
    sizes,
    cache(batch, capacity) {
      if (capacity > sizes.positions) {
        throw new UserError(`too long for the model: ${capacity} tokens`, {
          hint: `prompt and answer together can have ${sizes.positions}`,
        });
      }
      const shape = [batch, sizes.keyValueHeads, capacity, sizes.headWidth];
      return {
        batch,
        capacity,
        layers: Array.from({ length: sizes.layers }, () => ({
          keys: zerosTensor(shape),
          values: zerosTensor(shape),
        })),
        lengths: new Int32Array(batch),
      };
    },
    async step(cache, tokens, all = false) {
      const { batch, lengths } = cache;
      const steps = Math.max(...tokens.map((row) => row.length));
      const wanted = all ? steps : 1;
      const given = buffers.of(batch, steps, wanted, sizes);
      let total = 0;
      tokens.forEach((row, b) => {
        const past = lengths[b]!;
        for (let s = 0; s < steps; s += 1) {
          given.tokens[b * steps + s] = row[s] ?? 0;
          given.places[b * steps + s] = Math.min(past + s, sizes.positions - 1);
        }
        if (!all) given.rows.fill(row.length - 1, b * sizes.width, (b + 1) * sizes.width);
        given.lengths[b] = past + row.length - 1;
        total = Math.max(total, past + row.length);
      });
      given.total[0] = total;
      const past = cache.layers.flatMap(({ keys, values }) => [keys, values]);
      await session.run([...given.inputs, ...past], [...given.outputs, ...past]);
      tokens.forEach((row, b) => {
        lengths[b]! += row.length;
      });
      return given.predictions;
    },
    release: () => session.release(),
  };
}

const first = (x: Value): Value => slice(x, { axis: -1, end: 1 });

function argumentTypes(
  { width, layers, keyValueHeads, headWidth }: DecoderSizes,
  [batch, steps, wanted, capacity]: readonly [number, number, number, number],
): { readonly [K in keyof StepArguments]: Tree<Type> } {
  const int32 = (...shape: number[]): Type => ({ dtype: 'int32', shape });
  const past: Type = { dtype: 'float32', shape: [batch, keyValueHeads, capacity, headWidth] };
  return {
    tokens: int32(batch, steps),
    places: int32(batch, steps),
    rows: int32(batch, wanted, width),
    lengths: int32(batch),
    total: int32(1),
    cache: Array.from({ length: layers }, () => ({ keys: past, values: past })),
  };
}

interface StepBuffers {
  readonly tokens: Int32Array;
  readonly places: Int32Array;
  readonly rows: Int32Array;
  readonly lengths: Int32Array;
  readonly total: Int32Array;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly predictions: Predictions;
}

/** Memory for a step's arguments and predictions, kept while the sizes stay the same. */
class Buffers {
  #key = '';
  #buffers: StepBuffers | undefined;

  of(batch: number, steps: number, wanted: number, { vocabulary, width }: DecoderSizes): StepBuffers {
    const key = `${batch},${steps},${wanted}`;
    if (this.#buffers && this.#key === key) return this.#buffers;
    const tokens = new Int32Array(batch * steps);
    const places = new Int32Array(batch * steps);
    const rows = new Int32Array(batch * wanted * width).map((_, i) => Math.floor(i / width) % wanted);
    const lengths = new Int32Array(batch);
    const total = new Int32Array(1);
    const logits = new Float32Array(batch * wanted * vocabulary);
    const normalizers = new Float32Array(batch * wanted);
    this.#key = key;
    this.#buffers = {
      tokens,
      places,
      rows,
      lengths,
      total,
      inputs: [
        tensor(tokens, [batch, steps]),
        tensor(places, [batch, steps]),
        tensor(rows, [batch, wanted, width]),
        tensor(lengths),
        tensor(total),
      ],
      outputs: [tensor(logits, [batch, wanted, vocabulary]), tensor(normalizers, [batch, wanted, 1])],
      predictions: { logits, normalizers },
    };
    return this.#buffers;
  }
}
