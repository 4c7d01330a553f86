import { random } from '@tutelage/engine';
import { trainWordPiece } from '../language/tokenizer/train.js';
import { initEncoder } from '../models/encoder.js';
import type { ClassifierPreset, TeachingPlan } from './classifier.js';
import { encoderNet } from './encoder-net.js';
import { lengthFor, tokensFeaturizer } from './tokens.js';

/** Longest text in tokens, however long the texts are. */
const mostTokens = 128;

const plan: TeachingPlan = {
  epochs: 20,
  batchSize: 32,
  learningRate: 1e-3,
  weightDecay: 0.05,
  warmup: 0.1,
  labelSmoothing: 0.1,
  clipNorm: 1,
};

/** Pieces of words that a vocabulary should have: more for more texts, so that each piece is met often enough. */
function vocabularyFor(texts: number): number {
  return texts < 5_000 ? 2_000 : texts < 50_000 ? 4_000 : 8_000;
}

export const textSmall: ClassifierPreset<string> = {
  id: 'text-small',
  input: 'text',
  description: 'an encoder of 4 layers over pieces of words, both learned from the texts',
  async create(texts, labels, key) {
    const tokenizer = trainWordPiece(texts, { vocabulary: vocabularyFor(texts.length) });
    const length = lengthFor(texts, tokenizer, mostTokens);
    const config = {
      vocabulary: tokenizer.vocabularySize,
      positions: length,
      width: 128,
      layers: 4,
      heads: 4,
      intermediate: 512,
      dropout: 0.1,
    };
    return {
      preset: textSmall.id,
      labels,
      featurizer: tokensFeaturizer({ length, hidden: 0.1 }, tokenizer),
      plan,
      net: encoderNet(key, initEncoder(random.foldIn(key, 'encoder'), config), config, labels.length),
    };
  },
};
