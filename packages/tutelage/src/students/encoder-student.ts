import { jit, normalize, type Tensor, type Tree, type Value } from '@tutelage/engine';
import { type Encoder, type EncoderConfig, encode, meanPool } from '../models/encoder.js';
import type { Vectors } from '../search/vectors.js';
import type { Featurizer } from './classifier.js';
import { orderBySize } from './predictor.js';

/** An encoder of texts to be: its featurizer, its net and how it is best taught. */
export interface EncoderStudent {
  readonly preset: string;
  readonly featurizer: Featurizer<string>;
  /** Of its vectors. */
  readonly width: number;
  /** Initial parameters. */
  readonly params: Tree<Tensor>;
  /**
   * Traced.
   *
   * @param key for dropout; none in evaluation
   * @returns [batch, width]
   */
  embed(params: Tree<Value>, batch: Readonly<Record<string, Value>>, key?: Value): Value;
  readonly plan: { readonly batchSize: number; readonly learningRate: number };
}

/** The mean of a transformer's states over the tokens. */
export function meanPooled(config: EncoderConfig): EncoderStudent['embed'] {
  return (params, { ids, mask }, key) =>
    meanPool(encode(params as Encoder<Value>, config, ids!, mask!, key), mask!);
}

/** The same encoder with vectors of length 1. */
export function withUnitLength(encoder: EncoderStudent): EncoderStudent {
  return { ...encoder, embed: (params, batch, key) => normalize(encoder.embed(params, batch, key)) };
}

/** Embeds texts with given parameters. */
export interface Embedder {
  embed(params: Tree<Tensor>, texts: readonly string[]): Promise<Vectors>;
  dispose(): Promise<void>;
}

/** Texts that are embedded together. */
const chunk = 128;

export function embedder(
  { featurizer, width, embed }: EncoderStudent,
  session: { readonly threads?: number } = {},
): Embedder {
  const forward = jit(
    (params: Tree<Value>, batch: Readonly<Record<string, Value>>) => embed(params, batch),
    session,
  );
  return {
    async embed(params, texts) {
      const data = new Float32Array(texts.length * width);
      const order = orderBySize(texts, featurizer.size);
      for (let start = 0; start < order.length; start += chunk) {
        const places = order.slice(start, start + chunk);
        const found = await forward(params, featurizer.batch(places.map((place) => texts[place]!)));
        places.forEach((place, i) => {
          data.set((found.data as Float32Array).subarray(i * width, (i + 1) * width), place * width);
        });
      }
      return { data, width };
    },
    dispose: () => forward.dispose(),
  };
}
