import { nn, type random, type Value } from '@tutelage/engine';
import { weightedRows } from '../models/weighted-rows.js';
import type { EncoderStudent } from './encoder-student.js';
import { vocabularyOf, wordBagFeaturizer } from './word-bag.js';

/**
 * The smallest encoder: a linear map of the words of a text, each counted as log(1 + count).
 *
 * @param texts whose words it knows
 */
export function wordBagEncoder(texts: readonly string[], width: number, key: random.Key): EncoderStudent {
  const vocabulary = vocabularyOf(texts);
  return {
    preset: 'word-bag',
    featurizer: wordBagFeaturizer({ weighting: 'log' }, vocabulary),
    width,
    params: nn.initEmbedding(key, vocabulary.words.length, width, 1 / Math.sqrt(width)),
    embed: (params, { features, weights }) =>
      weightedRows(params as nn.Embedding<Value>, features!, weights!),
    plan: { batchSize: 32, learningRate: 2e-3 },
  };
}
