import { optim, random } from '@tutelage/engine';
import type { ClassifierStudent } from './classifier.js';
import { classifierLearner } from './classifier-learner.js';
import { lessonBatches } from './lesson-batches.js';
import { probabilitiesOf, type Trained } from './predictor.js';
import { textNano } from './text-nano.js';

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

/**
 * Teaches a text-nano student a single yes-or-no question. Yeses count as much as noes in the loss, however rare they are.
 *
 * @param lessons at least one yes and one no
 * @param steps updates, unless `signal` is aborted before
 */
export async function teachJudge(
  { texts, answers }: JudgedTexts,
  { seed, steps, signal }: { readonly seed: number; readonly steps: number; readonly signal: AbortSignal },
): Promise<Judge> {
  const student = await textNano.create(texts, ['no', 'yes'], random.key(seed));
  const { learningRate, batchSize: most } = student.plan;
  const share = answers.filter(Boolean).length / answers.length;
  const learner = classifierLearner(student, {
    learningRate,
    seed,
    schedule: optim.cosine({ total: steps, warmup: Math.round(student.plan.warmup * steps) }),
    classWeights: [0.5 / (1 - share), 0.5 / share],
  });
  const batches = lessonBatches({
    count: texts.length,
    batchSize: Math.min(most, texts.length),
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
      return logits.map((own) => probabilitiesOf(own)[1]!);
    },
    dispose: () => learner.dispose(),
  };
}
