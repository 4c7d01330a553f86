import type { Tensor, Value } from '@tutelage/engine';
import { type HashedNgrams, hashedNgrams, initHashedNgrams } from '../models/hashed-ngrams.js';
import type { ClassifierPreset, TeachingPlan } from './classifier.js';
import { hashedNgramsFeaturizer } from './hashed-ngrams.js';

const buckets = 2 ** 14;
const hidden = 48;

const plan: TeachingPlan = {
  epochs: 15,
  batchSize: 64,
  learningRate: 3e-3,
  weightDecay: 0.01,
  warmup: 0.05,
  labelSmoothing: 0,
  clipNorm: 1,
  threads: 1,
};

export const textNano: ClassifierPreset<string> = {
  id: 'text-nano',
  input: 'text',
  description: 'hashed n-grams and one hidden layer; 0.9 MB as int8, 0.05 ms a text',
  async create(_, labels, key) {
    const params: HashedNgrams<Tensor> = initHashedNgrams(key, { buckets, hidden, classes: labels.length });
    return {
      preset: textNano.id,
      labels,
      featurizer: hashedNgramsFeaturizer({ buckets, characters: [3, 5], pairs: true }),
      plan,
      net: {
        params,
        statistics: {},
        forward: (p, { features, weights }) => ({
          logits: hashedNgrams(p as HashedNgrams<Value>, features!, weights!),
          statistics: {},
        }),
      },
    };
  },
};
