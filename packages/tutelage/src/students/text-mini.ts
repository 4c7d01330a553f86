import { safetensorsBert } from '../language/bert-model.js';
import { loadTokenizer } from '../language/tokenizer/load.js';
import type { ClassifierPreset, TeachingPlan } from './classifier.js';
import { encoderNet } from './encoder-net.js';
import { miniLmFolder } from './minilm.js';
import { lengthFor, tokensFeaturizer } from './tokens.js';

/** Longest text in tokens, however long the texts are. */
const mostTokens = 256;

const plan: TeachingPlan = {
  epochs: 3,
  batchSize: 32,
  learningRate: 2e-3,
  weightDecay: 0.01,
  warmup: 0.1,
  labelSmoothing: 0.1,
  clipNorm: 1,
  learningRates: [
    // Most words of a language don't occur in the lessons: their embeddings must go on fitting those that do.
    { under: 'bert.embeddings', factor: 0 },
    { under: 'bert', factor: 0.1 },
  ],
};

/**
 * A pre-trained encoder with a new linear layer, fine-tuned as a whole but for its embeddings.
 *
 * @param folder of the encoder's weights and tokenizer, in Hugging Face's layout; MiniLM's when left out
 */
export function textMini(folder?: string): ClassifierPreset<string> {
  return {
    id: 'text-mini',
    input: 'text',
    description: 'a pre-trained MiniLM of 6 layers, fine-tuned; 24 MB as int8, 2 to 7 ms a text',
    async create(texts, labels, key) {
      const from = folder ?? (await miniLmFolder());
      const { config, params } = await safetensorsBert(from);
      const tokenizer = await loadTokenizer(from);
      const length = lengthFor(texts, tokenizer, Math.min(mostTokens, config.positions));
      return {
        preset: 'text-mini',
        labels,
        featurizer: tokensFeaturizer({ length, hidden: 0, ngrams: null }, tokenizer),
        plan,
        net: encoderNet(key, params, { ...config, dropout: 0.1 }, labels.length),
      };
    },
  };
}
