import type { random } from '@tutelage/engine';
import { trainByteBpe } from '../language/tokenizer/train.js';
import { type GptConfig, initGpt } from '../models/gpt.js';
import type { LanguageStudent } from './language-student.js';
import type { Plan } from './teach-by-plan.js';

const plan: Plan = {
  epochs: 10,
  batchSize: 16,
  learningRate: 2e-3,
  weightDecay: 0.1,
  beta2: 0.99,
  warmup: 0.05,
  clipNorm: 1,
};

export const lmSmall = {
  id: 'lm-small',
  input: 'text',
  description:
    'a causal language model of 4 layers and width 128 on byte-level pieces learned from the texts; 1.2 MB as int8',
  /** @param key of the initial parameters */
  create(texts: readonly string[], key: random.Key): LanguageStudent {
    const tokenizer = trainByteBpe(texts, { vocabulary: 2_000 });
    const config: GptConfig = {
      vocabulary: tokenizer.vocabularySize,
      block: 128,
      width: 128,
      layers: 4,
      heads: 4,
      dropout: 0.1,
    };
    return { preset: lmSmall.id, tokenizer, config, params: initGpt(key, config), plan };
  },
} as const;
