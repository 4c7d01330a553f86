import { type Tensor, tensor } from '@tutelage/engine/data';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { given } from '../core/given.js';
import { type Analyzer, analyzer } from '../search/analyzer.js';
import { characterAnalyzer } from '../search/character-analyzer.js';
import type { Featurizer } from './classifier.js';

export const wordBagConfig = z.object({
  /** Weights of words: log(1 + count), or that by the logarithm of inverse document frequency, of length 1 in all. */
  weighting: z.enum(['log', 'tf-idf']),
  /** Whole words if not given, or the character n-grams of words. */
  terms: z.enum(['words', 'characters']).optional(),
});

export type WordBagConfig = z.infer<typeof wordBagConfig>;

const vocabularySchema = z.object({ words: z.array(z.string()), idf: z.array(z.number()) });

export type Terms = NonNullable<WordBagConfig['terms']>;

/** The terms that count, and the logarithms of their inverse document frequencies. */
export type Vocabulary = z.infer<typeof vocabularySchema>;

const vocabularyFile = 'vocabulary.json';
const analyzers: Readonly<Record<Terms, Analyzer>> = { words: analyzer(), characters: characterAnalyzer };

/** N-grams are many: the ones that most texts have are kept. */
const mostNgrams = 50_000;

/** All words of some texts, in the order of their first appearance, or their commonest character n-grams. */
export function vocabularyOf(texts: readonly string[], terms: Terms = 'words'): Vocabulary {
  const documents = new Map<string, number>();
  for (const text of texts) {
    for (const word of new Set(analyzers[terms](text))) documents.set(word, (documents.get(word) ?? 0) + 1);
  }
  const all = [...documents];
  const kept = terms === 'words' ? all : all.sort((a, b) => b[1] - a[1]).slice(0, mostNgrams);
  return {
    words: kept.map(([word]) => word),
    idf: kept.map(([, count]) => Math.log((1 + texts.length) / (1 + count)) + 1),
  };
}

/** Widths of batches are multiples of it, so that few shapes are compiled. */
const step = 16;

/** Words of a vocabulary as row numbers, with weights, both [batch, length]; unknown words don't count. */
export function wordBagFeaturizer(config: WordBagConfig, vocabulary: Vocabulary): Featurizer<string> {
  const termsOf = analyzers[config.terms ?? 'words'];
  const rowOf = new Map(vocabulary.words.map((word, row) => [word, row]));
  const bagOf = (text: string): [row: number, weight: number][] => {
    const counts = new Map<number, number>();
    for (const word of termsOf(text)) {
      const row = rowOf.get(word);
      if (row !== undefined) counts.set(row, (counts.get(row) ?? 0) + 1);
    }
    const bag = Array.from(counts, ([row, count]): [number, number] => [row, Math.log(1 + count)]);
    if (config.weighting === 'log') return bag;
    const weighted = bag.map(([row, weight]): [number, number] => [row, weight * vocabulary.idf[row]!]);
    const length = Math.sqrt(weighted.reduce((sum, [, weight]) => sum + weight * weight, 0));
    return weighted.map(([row, weight]) => [row, weight / length]);
  };
  return {
    kind: 'word-bag',
    config: given(config),
    files: { [vocabularyFile]: JSON.stringify(vocabulary) },
    inputs: {
      features: { dtype: 'int32', shape: ['batch', 'length'] },
      weights: { dtype: 'float32', shape: ['batch', 'length'] },
    },
    batch: (texts) => bagTensors(texts.map(bagOf)),
  };
}

function bagTensors(
  bags: readonly (readonly [row: number, weight: number][])[],
): Record<'features' | 'weights', Tensor> {
  const longest = bags.reduce((n, bag) => Math.max(n, bag.length), 1);
  const width = Math.ceil(longest / step) * step;
  const features = new Int32Array(bags.length * width);
  const weights = new Float32Array(features.length);
  bags.forEach((bag, i) => {
    bag.forEach(([row, weight], at) => {
      features[i * width + at] = row;
      weights[i * width + at] = weight;
    });
  });
  const shape = [bags.length, width];
  return { features: tensor(features, shape), weights: tensor(weights, shape) };
}

/**
 * A saved featurizer of words.
 *
 * @param read gives the text of a file that was saved beside the model
 * @throws {UserError} when the vocabulary is damaged
 */
export async function restoreWordBag(
  config: WordBagConfig,
  read: (name: string) => Promise<string>,
): Promise<Featurizer<string>> {
  const text = await read(vocabularyFile);
  try {
    return wordBagFeaturizer(config, vocabularySchema.parse(JSON.parse(text)));
  } catch (cause) {
    throw new UserError(`damaged vocabulary: ${vocabularyFile}`, { cause });
  }
}
