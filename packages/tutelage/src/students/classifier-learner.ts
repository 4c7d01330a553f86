import {
  constant,
  createTrainer,
  crossEntropy,
  gather,
  nn,
  optim,
  type Tensor,
  type Tree,
  tensor,
  type Value,
} from '@tutelage/engine';
import type { Student } from '../core/student.js';
import type { ClassifierStudent } from './classifier.js';
import { type ClassLogits, copyOf, predictor, type Trained } from './predictor.js';

export interface LearnerOptions {
  /** Of Adam, without weight decay. */
  readonly learningRate: number;
  /** Factor on the learning rate by step; constant if not given. */
  readonly schedule?: optim.Schedule;
  readonly seed: number;
  /** How much the examples of each class count in the loss; alike if not given. */
  readonly classWeights?: readonly number[];
}

/** A classifier that learns from whatever batches it is given: for methods that decide what comes next. */
export interface ClassifierLearner<I> extends Student<I, ClassLogits> {
  /**
   * One step of Adam on a batch.
   *
   * @param classes one an input
   * @returns the mean cross-entropy before the step, weighted by class if there are weights
   */
  learn(inputs: readonly I[], classes: readonly number[]): Promise<number>;
  /** What was learned so far. */
  trained(): Trained;
  dispose(): Promise<void>;
}

type Batch = { readonly features: Readonly<Record<string, Value>>; readonly classes: Value };

/** Makes a learner of a student, on one thread, so that equal seeds give equal bits. */
export function classifierLearner<I>(
  student: ClassifierStudent<I>,
  { learningRate, schedule, seed, classWeights }: LearnerOptions,
): ClassifierLearner<I> {
  const { net, featurizer } = student;
  const session = { threads: 1 };
  const trainer = createTrainer<Tree<Value>, Batch, readonly [Value, Tree<Value>]>({
    params: net.params,
    loss: (params, { features, classes }, key) => {
      const { logits, statistics } = net.forward(params, features, { training: true, key });
      const weights = classWeights && gather(constant(tensor(Float32Array.from(classWeights))), classes);
      return [crossEntropy(logits, classes, weights ? { weights } : {}), statistics];
    },
    optimizer: optim.adamw({ learningRate, weightDecay: 0 }),
    ...(schedule && { schedule }),
    seed,
    ...session,
  });
  const live: { params: Tree<Tensor>; statistics: Tree<Tensor> } = {
    params: trainer.params,
    statistics: copyOf(net.statistics),
  };
  const model = predictor(student, live, session);
  return {
    predict: model.predict,
    async learn(inputs, classes) {
      const result = await trainer.step({
        features: featurizer.batch(inputs),
        classes: tensor(Int32Array.from(classes)),
      });
      live.statistics = nn.updateStatistics(live.statistics, result.aux);
      return result.loss;
    },
    trained: () => ({ params: copyOf(live.params), statistics: copyOf(live.statistics) }),
    async dispose() {
      await model.dispose();
      await trainer.dispose();
    },
  };
}
