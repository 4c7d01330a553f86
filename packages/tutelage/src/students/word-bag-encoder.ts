import { nn, type random, type Tensor, type Value } from '@tutelage/engine';
import { weightedRows } from '../models/weighted-rows.js';
import type { EncoderStudent } from './encoder-student.js';
import { type Vocabulary, vocabularyOf, type WordBagConfig, wordBagFeaturizer } from './word-bag.js';

/**
 * The smallest encoder: a linear map of the words of a text, or of their character n-grams.
 *
 * @param texts whose words it knows
 */
export function wordBagEncoder(
  texts: readonly string[],
  { width, ...config }: { readonly width: number } & WordBagConfig,
  key: random.Key,
): EncoderStudent {
  const vocabulary = vocabularyOf(texts, config.terms);
  const params = nn.initEmbedding(key, vocabulary.words.length, width, 1 / Math.sqrt(width));
  return encoderOfWords(
    config.terms === 'characters' ? 'character-bag' : 'word-bag',
    vocabulary,
    config,
    params,
  );
}

/**
 * An encoder that adds up the vectors of words.
 *
 * @param params one vector for each word of the vocabulary
 */
export function encoderOfWords(
  preset: string,
  vocabulary: Vocabulary,
  config: WordBagConfig,
  params: nn.Embedding<Tensor>,
): EncoderStudent {
  return {
    preset,
    featurizer: wordBagFeaturizer(config, vocabulary),
    width: params.weight.shape[1]!,
    params,
    embed: (p, { features, weights }) => weightedRows(p as nn.Embedding<Value>, features!, weights!),
    plan: { batchSize: 32, learningRate: 2e-3 },
  };
}
