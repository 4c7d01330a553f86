import { createTrainer, optim, random, type Tensor, type Tree, type Value } from '@tutelage/engine';
import type { Vectors } from '../search/vectors.js';
import { type EncoderStudent, embedder } from './encoder-student.js';
import { copyOf } from './predictor.js';

/** Encoders of queries and passages: one for both, whose parameters are shared, or two. */
export interface DualEncoder {
  readonly query: EncoderStudent;
  readonly passage: EncoderStudent;
}

/** What both encoders learned; one is the other where they are shared. */
export interface TrainedEncoders {
  readonly query: Tree<Tensor>;
  readonly passage: Tree<Tensor>;
}

export interface EncoderLearnerOptions {
  /**
   * Traced: the loss of a batch.
   *
   * @param queries [n, width]
   * @param passages [m, width]
   * @param targets what `learn` is given
   */
  readonly loss: (queries: Value, passages: Value, targets: Tree<Value>) => Value;
  /** Of Adam, without weight decay. */
  readonly learningRate: number;
  /** Factor on the learning rate by step; constant if not given. */
  readonly schedule?: optim.Schedule;
  readonly seed: number;
}

/** Encoders that learn from whatever batches they are given: for methods that decide what comes next. */
export interface EncoderLearner {
  /**
   * One step of Adam.
   *
   * @returns the loss before the step
   */
  learn(queries: readonly string[], passages: readonly string[], targets: Tree<Tensor>): Promise<number>;
  embed(side: keyof DualEncoder, texts: readonly string[]): Promise<Vectors>;
  /** What was learned so far. */
  trained(): TrainedEncoders;
  dispose(): Promise<void>;
}

type Features = Readonly<Record<string, Value>>;
type Params = { readonly query: Tree<Value>; readonly passage?: Tree<Value> };
type Batch = {
  readonly queries: Features;
  readonly passages: Features;
  readonly targets: Tree<Value>;
};

/** Makes a learner of encoders, on one thread, so that equal seeds give equal bits. */
export function encoderLearner(
  { query, passage }: DualEncoder,
  { loss, learningRate, schedule, seed }: EncoderLearnerOptions,
): EncoderLearner {
  const session = { threads: 1 };
  const isShared = query === passage;
  const trainer = createTrainer<Params, Batch, Value>({
    params: { query: query.params, ...(!isShared && { passage: passage.params }) },
    loss: (params, { queries, passages, targets }, key) =>
      loss(
        query.embed(params.query, queries, random.foldInTraced(key, 'query')),
        passage.embed(params.passage ?? params.query, passages, random.foldInTraced(key, 'passage')),
        targets,
      ),
    optimizer: optim.adamw({ learningRate, weightDecay: 0 }),
    ...(schedule && { schedule }),
    seed,
    ...session,
  });
  const embedders = { query: embedder(query, session), passage: embedder(passage, session) };
  const live = () => ({
    query: trainer.params.query as Tree<Tensor>,
    passage: (trainer.params.passage ?? trainer.params.query) as Tree<Tensor>,
  });
  return {
    async learn(queries, passages, targets) {
      const { loss } = await trainer.step({
        queries: query.featurizer.batch(queries),
        passages: passage.featurizer.batch(passages),
        targets,
      });
      return loss;
    },
    embed: (side, texts) => embedders[side].embed(live()[side], texts),
    trained() {
      const own = copyOf(live().query);
      return { query: own, passage: isShared ? own : copyOf(live().passage) };
    },
    async dispose() {
      await trainer.dispose();
      await embedders.query.dispose();
      await embedders.passage.dispose();
    },
  };
}
