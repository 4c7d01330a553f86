import { optim, random, type Tensor, type Value } from '@tutelage/engine';
import { probabilities } from '../assessment/probabilities.js';
import { type HashedNgrams, hashedNgrams, initHashedNgrams } from '../models/hashed-ngrams.js';
import type { ClassifierStudent } from './classifier.js';
import { classifierLearner } from './classifier-learner.js';
import { hashedNgramsFeaturizer } from './hashed-ngrams.js';
import { lessonBatches } from './lesson-batches.js';
import type { Trained } from './predictor.js';

/** Texts with a yes or a no each. */
export interface JudgedTexts {
  readonly texts: readonly string[];
  readonly answers: readonly boolean[];
}

/** A small student that says of a text whether something is true of it. */
export interface Judge {
  readonly student: ClassifierStudent<string>;
  readonly trained: Trained;
  /** Probability of a yes, one a text. */
  probabilities(texts: readonly string[]): Promise<number[]>;
  dispose(): Promise<void>;
}

/** Chosen on held-out labels of a language model; see `teachJudge` for how rare answers are weighted. */
const plan = { buckets: 2 ** 17, characters: [2, 5], batchSize: 64, learningRate: 0.03, warmup: 20 } as const;

/** A linear classifier of hashed words, pairs of words and character n-grams: for rare answers, better than a net of fewer buckets. */
export function judgeStudent(): ClassifierStudent<string> {
  const { buckets, characters, batchSize, learningRate } = plan;
  const params: HashedNgrams<Tensor> = initHashedNgrams(random.key('judge'), { buckets, classes: 2 });
  return {
    preset: 'judge',
    labels: ['no', 'yes'],
    featurizer: hashedNgramsFeaturizer({ buckets, characters: [...characters], pairs: true }),
    net: {
      params,
      statistics: {},
      forward: (p, { features, weights }) => ({
        logits: hashedNgrams(p as HashedNgrams<Value>, features!, weights!),
        statistics: {},
      }),
    },
    plan: {
      epochs: 1,
      batchSize,
      learningRate,
      weightDecay: 0,
      warmup: 0,
      labelSmoothing: 0,
      clipNorm: Number.POSITIVE_INFINITY,
      threads: 1,
    },
  };
}

/**
 * Teaches a small student a single yes-or-no question. The rarer answer counts for more in the loss, by the root of how much rarer it is.
 *
 * @param lessons at least one yes and one no
 * @param steps updates, unless `signal` is aborted before
 */
export async function teachJudge(
  { texts, answers }: JudgedTexts,
  { seed, steps, signal }: { readonly seed: number; readonly steps: number; readonly signal: AbortSignal },
): Promise<Judge> {
  const student = judgeStudent();
  const share = answers.filter(Boolean).length / answers.length;
  const learner = classifierLearner(student, {
    learningRate: plan.learningRate,
    seed,
    schedule: optim.cosine({ total: steps, warmup: Math.min(plan.warmup, Math.floor(steps / 10)) }),
    classWeights: [Math.sqrt(0.5 / (1 - share)), Math.sqrt(0.5 / share)],
  });
  const batches = lessonBatches({
    count: texts.length,
    batchSize: Math.min(plan.batchSize, texts.length),
    seed,
    sizes: texts.map((text) => text.length),
  });
  for (let step = 0; step < steps && !signal.aborted; step++) {
    const rows = batches.next(step);
    await learner.learn(
      rows.map((row) => texts[row]!),
      rows.map((row) => Number(answers[row])),
    );
    // The event loop gets a turn now and then, so that an interruption is heard.
    if (step % 100 === 0) await new Promise(setImmediate);
  }
  return {
    student,
    trained: learner.trained(),
    async probabilities(inputs) {
      const logits = await learner.predict(inputs);
      return logits.map((own) => probabilities(own)[1]!);
    },
    dispose: () => learner.dispose(),
  };
}
