import type { random } from '@tutelage/engine';
import { trainWordPiece } from '../language/tokenizer/train.js';
import { type EncoderConfig, initEncoder } from '../models/encoder.js';
import { type EncoderStudent, meanPooled, withUnitLength } from './encoder-student.js';
import type { RetrieverStudent } from './retriever.js';
import type { Plan } from './teach-by-plan.js';
import { tokensFeaturizer } from './tokens.js';

/** Longest text in tokens. */
const length = 128;

const plan: Plan = {
  epochs: 20,
  batchSize: 64,
  learningRate: 1e-3,
  weightDecay: 0.01,
  warmup: 0.1,
  clipNorm: 1,
};

export const retrieverSmall = {
  id: 'retriever-small',
  input: 'text',
  description:
    'one encoder of 3 layers and width 128 for queries and documents, learned from pairs; up to 1.6 MB as int8, 0.3 ms a text',
  /**
   * @param texts queries and documents, from which the pieces of words are learned
   * @param key of the initial parameters
   */
  create(texts: readonly string[], key: random.Key): RetrieverStudent {
    return { ...withUnitLength(smallEncoder(retrieverSmall.id, texts, key)), plan, temperature: 0.05 };
  },
} as const;

/** The encoder of `retriever-small`, whose vectors are as long as they come. */
export function smallEncoder(preset: string, texts: readonly string[], key: random.Key): EncoderStudent {
  const tokenizer = trainWordPiece(texts, { vocabulary: 8_000 });
  const config: EncoderConfig = {
    vocabulary: tokenizer.vocabularySize,
    positions: length,
    width: 128,
    layers: 3,
    heads: 4,
    intermediate: 512,
    dropout: 0.1,
  };
  return {
    preset,
    featurizer: tokensFeaturizer({ length, hidden: 0.1, ngrams: null }, tokenizer),
    width: config.width,
    params: initEncoder(key, config),
    embed: meanPooled(config),
    plan,
  };
}
