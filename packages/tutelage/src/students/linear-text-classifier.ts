import { random, type Tensor, type Value } from '@tutelage/engine';
import { shuffled } from '../curricula/weighted-draw.js';
import { type HashedNgrams, hashedNgrams, initHashedNgrams } from '../models/hashed-ngrams.js';
import type { ClassifierStudent } from './classifier.js';
import { classifierLearner } from './classifier-learner.js';
import { vocabularyOf, wordBagFeaturizer } from './word-bag.js';

/** Texts with the class of each. */
export interface LabelledTexts {
  readonly texts: readonly string[];
  readonly classes: readonly number[];
}

const batchSize = 64;
const learningRate = 0.03;

/**
 * Softmax regression on the tf-idf weights of words.
 *
 * @param labels names of the classes
 * @param asked texts whose classes are wanted
 * @returns the logits of each, in the order of the labels
 */
export async function linearTextLogits(
  train: LabelledTexts,
  labels: readonly string[],
  asked: readonly string[],
  { epochs, seed, signal }: { readonly epochs: number; readonly seed: number; readonly signal: AbortSignal },
): Promise<Float32Array[]> {
  const { texts, classes } = train;
  const vocabulary = vocabularyOf(texts);
  const key = random.key(seed);
  const params: HashedNgrams<Tensor> = initHashedNgrams(key, {
    buckets: vocabulary.words.length,
    classes: labels.length,
  });
  const student: ClassifierStudent<string> = {
    preset: 'linear',
    labels,
    featurizer: wordBagFeaturizer({ weighting: 'tf-idf' }, vocabulary),
    plan: { epochs, batchSize, learningRate, weightDecay: 0, warmup: 0, labelSmoothing: 0, clipNorm: 1 },
    net: {
      params,
      statistics: {},
      forward: (p, { features, weights }) => ({
        logits: hashedNgrams(p as HashedNgrams<Value>, features!, weights!),
        statistics: {},
      }),
    },
  };
  const learner = classifierLearner(student, { learningRate, seed });
  for (let epoch = 0; epoch < epochs && !signal.aborted; epoch++) {
    const order = shuffled(texts.length, random.foldIn(key, epoch));
    for (let at = 0; at < order.length && !signal.aborted; at += batchSize) {
      const rows = order.slice(at, at + batchSize);
      await learner.learn(
        rows.map((row) => texts[row]!),
        rows.map((row) => classes[row]!),
      );
    }
  }
  const logits = await learner.predict(asked);
  await learner.dispose();
  return [...logits];
}
