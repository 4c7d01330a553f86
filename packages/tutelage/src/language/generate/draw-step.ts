import {
  compileInference,
  exp,
  gatherElements,
  log,
  max,
  mul,
  quantileIndex,
  type SessionOptions,
  sub,
  sum,
  type Tensor,
  type Type,
  tensor,
  type Value,
} from '@tutelage/engine';
import { append, type DecoderCache, emptyAdded, type LayerCache } from './cache.js';
import {
  checkRoom,
  type DecoderSizes,
  hideFuture,
  type Step,
  type StepArguments,
  sharedTypes,
} from './step.js';

/** How a row's next token is drawn from all tokens. */
export interface DrawOptions {
  /** Divides the logits; 0 takes the likeliest token, the first of equally likely ones. */
  readonly temperature: number;
  /** Where in the distribution, uniform in [0, 1), for each row. */
  readonly at: readonly number[];
}

/** One token for each row. */
export interface DrawnTokens {
  readonly tokens: Int32Array;
  /** Under the model itself: at temperature 1. */
  readonly logProbabilities: Float32Array;
}

/** Adds one token to each row and draws those that follow. What it gives is valid until the next call. */
export type DrawStep = (
  cache: DecoderCache,
  tokens: readonly number[],
  options: DrawOptions,
) => Promise<DrawnTokens>;

/**
 * Compiles a step of one new token in each row that draws the next one itself: neither logits nor probabilities leave the runtime, and
 * attention has no steps to tell apart.
 */
export async function compileDrawStep(
  step: (given: StepArguments) => ReturnType<Step<unknown>>,
  sizes: DecoderSizes,
  options: SessionOptions,
): Promise<{ readonly draw: DrawStep; release(): Promise<void> }> {
  const traced = (given: StepArguments, sharpness: Value, at: Value) => {
    const { logits, added } = step(given);
    const below = sub(logits, max(logits, { axes: -1, keepDims: true }));
    const tokens = quantileIndex(exp(mul(below, sharpness)), at);
    const normalizer = log(sum(exp(below), { axes: -1, keepDims: true }));
    return { tokens, logProbabilities: sub(gatherElements(below, tokens, -1), normalizer), added };
  };
  const types = (batch: number, capacity: number) => [
    sharedTypes(sizes, { batch, steps: 1, capacity }),
    { dtype: 'float32', shape: [] } as Type,
    { dtype: 'float32', shape: [batch, 1, 1] } as Type,
  ];
  const session = await compileInference(traced, [types(2, 8), types(5, 16)], options);
  let memory: DrawMemory | undefined;
  const draw: DrawStep = async (cache, tokens, { temperature, at }) => {
    const { batch, lengths } = cache;
    const counts = new Array<number>(batch).fill(1);
    checkRoom(cache, counts, sizes.positions);
    if (memory?.batch !== batch || memory.capacity !== cache.capacity) {
      memory = allocate(sizes, batch, cache.capacity);
    }
    const { given, added, drawn } = memory;
    given.tokens.set(tokens);
    given.places.set(Array.from(lengths, BigInt));
    given.at.set(at);
    // So sharp that nothing but the likeliest tokens keep any weight; of those, 0 finds the first.
    given.sharpness[0] = temperature === 0 ? 1e30 : 1 / temperature;
    if (temperature === 0) given.at.fill(0);
    hideFuture(given.pastBias, cache);
    const past = cache.layers.flatMap(({ keys, values }) => [keys, values]);
    await session.run([...memory.before, ...past, ...memory.behind], memory.outputs);
    append(cache, added, 1, counts);
    return drawn;
  };
  return { draw, release: () => session.release() };
}

interface DrawMemory {
  readonly batch: number;
  readonly capacity: number;
  readonly given: {
    readonly tokens: Int32Array;
    readonly places: BigInt64Array;
    readonly pastBias: Float32Array;
    readonly sharpness: Float32Array;
    readonly at: Float32Array;
  };
  /** Inputs before and behind the cache. */
  readonly before: readonly Tensor[];
  readonly behind: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly added: readonly LayerCache[];
  readonly drawn: DrawnTokens;
}

function allocate(sizes: DecoderSizes, batch: number, capacity: number): DrawMemory {
  const given = {
    tokens: new Int32Array(batch),
    places: new BigInt64Array(batch),
    pastBias: new Float32Array(batch * capacity),
    sharpness: new Float32Array(1),
    at: new Float32Array(batch),
  };
  const drawn = { tokens: new Int32Array(batch), logProbabilities: new Float32Array(batch) };
  const added = emptyAdded(sizes, batch, 1);
  return {
    batch,
    capacity,
    given,
    before: [
      tensor(given.tokens, [batch, 1]),
      tensor(given.places, [batch, 1]),
      tensor(given.pastBias, [batch, 1, 1, capacity]),
      tensor(BigInt64Array.of(BigInt(capacity), 1n)),
    ],
    behind: [tensor(given.sharpness, []), tensor(given.at, [batch, 1, 1])],
    outputs: [
      tensor(drawn.tokens, [batch, 1, 1]),
      tensor(drawn.logProbabilities, [batch, 1, 1]),
      ...added.flatMap(({ keys, values }) => [keys, values]),
    ],
    added,
    drawn,
  };
}
