import { UserError } from '../core/errors.js';
import type { Logits, Ranking, SignalKind, SignalOf } from '../core/signal.js';
import { assertJson } from '../runs/json.js';
import { readHalves, writeHalves } from './halves.js';
import { decodeLogits, encodeLogits } from './logits-codec.js';

/** How signals of a kind become bytes. */
interface Codec<Signal> {
  encode(signal: Signal): Uint8Array;
  decode(bytes: Uint8Array): Signal;
}

/** How signals of each kind become bytes. */
type Codecs<I, A> = { readonly [K in SignalKind]: Codec<SignalOf<I, A>[K]> };

/**
 * The compact forms of signals. Logits: see {@link encodeLogits}. Features and advantages: float16 times a power of two, with a
 * relative error of at most 2^-11 for numbers not below 2^-14 of the largest. Scores and rewards: float64. The others: JSON.
 *
 * @param topK logits kept of large vocabularies
 */
export function signalCodecs<I, A>(topK: number): Codecs<I, A> {
  return {
    logits: { encode: (logits: Logits) => encodeLogits(logits, topK), decode: decodeLogits },
    features: halves,
    advantages: halves,
    score: number,
    reward: number,
    label: json<A>(),
    preference: json<SignalOf<I, A>['preference']>(),
    ranking,
    text: json<SignalOf<I, A>['text']>(),
    examples: json<SignalOf<I, A>['examples']>(),
  };
}

const number: Codec<number> = {
  encode: (value) => new Uint8Array(Float64Array.of(value).buffer),
  decode: (bytes) => new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true),
};

const halves: Codec<Float32Array> = {
  encode(values) {
    const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    if (!Number.isFinite(largest)) {
      throw new UserError(`numbers of a teacher: the largest is ${largest}`, {
        hint: 'its output overflows or is undefined; check what it was given',
      });
    }
    const exponent = largest > 0 ? Math.floor(Math.log2(largest)) : 0;
    const bytes = Buffer.alloc(2 + 2 * values.length);
    bytes.writeInt16LE(exponent);
    writeHalves(
      bytes,
      2,
      values.map((x) => x * 2 ** -exponent),
    );
    return bytes;
  },
  decode(bytes) {
    const exponent = new DataView(bytes.buffer, bytes.byteOffset).getInt16(0, true);
    return readHalves(bytes, 2, bytes.length / 2 - 1).map((x) => x * 2 ** exponent);
  },
};

function json<Signal>(): Codec<Signal> {
  return {
    encode(signal) {
      assertJson(signal, "the teacher's signal");
      return Buffer.from(JSON.stringify(signal));
    },
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Signal,
  };
}

const plainRanking = json<{ readonly ids: readonly string[]; readonly scores?: readonly number[] }>();

const ranking: Codec<Ranking> = {
  encode: ({ ids, scores }) => plainRanking.encode({ ids, ...(scores && { scores: Array.from(scores) }) }),
  decode(bytes) {
    const { ids, scores } = plainRanking.decode(bytes);
    return { ids, ...(scores && { scores: Float32Array.from(scores) }) };
  },
};
