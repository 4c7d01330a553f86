import { type Tensor, tensor } from '@tutelage/engine/data';
import { z } from 'zod';
import type { Featurizer } from './classifier.js';

export const hashedNgramsConfig = z.object({
  /** Number of buckets, a power of two. */
  buckets: z.int().positive(),
  /** Lengths of the character n-grams within words. */
  characters: z.tuple([z.int().positive(), z.int().positive()]),
  /** Whether pairs of neighbouring words count. */
  pairs: z.boolean(),
});

export type HashedNgramsConfig = z.infer<typeof hashedNgramsConfig>;

/**
 * Words, pairs of words and character n-grams, hashed into buckets (Weinberger et al. 2009). Each distinct bucket of a text
 * counts once, with weight 1 / sqrt(number of buckets).
 */
export function hashedNgramsFeaturizer(config: HashedNgramsConfig): Featurizer<string> {
  return {
    kind: 'hashed-ngrams',
    config,
    inputs: {
      features: { dtype: 'int32', shape: ['batch', 'length'] },
      weights: { dtype: 'float32', shape: ['batch', 'length'] },
    },
    // Few shapes are compiled where few widths occur.
    batch: (texts) => ngramTensors(texts, config, 64),
  };
}

/**
 * The buckets and weights of texts, [batch, n].
 *
 * @param step n is a multiple of it
 */
export function ngramTensors(
  texts: readonly string[],
  config: HashedNgramsConfig,
  step: number,
): { readonly features: Tensor; readonly weights: Tensor } {
  const rows = texts.map((text) => bucketsOf(text, config));
  const longest = rows.reduce((n, row) => Math.max(n, row.length), 1);
  const width = Math.ceil(longest / step) * step;
  const features = new Int32Array(texts.length * width);
  const weights = new Float32Array(texts.length * width);
  rows.forEach((row, i) => {
    features.set(row, i * width);
    weights.fill(1 / Math.sqrt(row.length), i * width, i * width + row.length);
  });
  const shaped = (data: Int32Array | Float32Array): Tensor => tensor(data, [texts.length, width]);
  return { features: shaped(features), weights: shaped(weights) };
}

/** The distinct buckets of a text's features, in the order of their first appearance. */
export function bucketsOf(text: string, { buckets, characters, pairs }: HashedNgramsConfig): number[] {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  const found = new Set<number>();
  words.forEach((word, i) => {
    found.add(bucket(`w ${word}`, buckets));
    if (pairs && i > 0) found.add(bucket(`p ${words[i - 1]} ${word}`, buckets));
    const padded = `<${word}>`;
    for (let n = characters[0]; n <= characters[1]; n++) {
      for (let at = 0; at + n <= padded.length; at++)
        found.add(bucket(`c ${padded.slice(at, at + n)}`, buckets));
    }
  });
  return [...found];
}

/** FNV-1a over UTF-16 units, with a finalizer so that the low bits depend on all of them. */
function bucket(feature: string, buckets: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < feature.length; i++) hash = Math.imul(hash ^ feature.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) % buckets;
}
