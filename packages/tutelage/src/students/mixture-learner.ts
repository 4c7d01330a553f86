import { type Concrete, type optim, type Tensor, type Tree, tensor, type Value } from '@tutelage/engine';
import type { Fusion } from '../models/fusion.js';
import type { Gate } from '../models/gate.js';
import type { Pairs } from '../tasks/modality-pairs.js';
import { fit } from './fit.js';
import { answersTo, chosenRows, type PairBatch, pairBatch, scorePairs } from './pair-nets.js';
import { copyOf } from './predictor.js';

/** A student and the gate that picks its teachers. */
export type Mixture<T> = { readonly student: Fusion<T>; readonly gate: Gate<T> };

/** A batch with its teachers' logits [batch, ways, classes] and the weights of the losses in this epoch. */
export type MixtureBatch = PairBatch & {
  readonly group: Value;
  readonly weights: { readonly teachers: Value; readonly balance: Value };
};

export interface MixtureLearning {
  readonly train: Pairs;
  readonly validation: Pairs;
  readonly start: Mixture<Tensor>;
  /** Logits [count, ways, classes] of the training pairs. */
  readonly group: Float32Array;
  readonly ways: number;
  readonly loss: (mixture: Mixture<Value>, batch: MixtureBatch, key: Value) => Value;
  /** Of the losses, by epoch from 0. */
  readonly weights: (epoch: number) => { readonly teachers: number; readonly balance: number };
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: optim.Optimizer;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly afterEpoch?: ((now: Mixture<Tensor>) => Promise<void>) | undefined;
}

/** Trains a student with its gate. @returns both as they were after the epoch with the least loss on the validation labels */
export async function learnMixture(learning: MixtureLearning): Promise<Mixture<Tensor>> {
  const { train, validation, start, group, ways, loss, weights, afterEpoch, ...training } = learning;
  const classes = start.student.fc2.weight.shape[0]!;
  let best = { mixture: start, loss: Number.POSITIVE_INFINITY };
  await fit<Mixture<Value>, Record<string, never>, MixtureBatch>({
    ...training,
    net: { params: start, state: {} },
    loss: (mixture, batch, key) => [loss(mixture, batch, key), {}],
    rows: train.count,
    batch: (rows, epoch) => {
      const { teachers, balance } = weights(epoch);
      return {
        ...pairBatch(train, rows),
        group: { ...chosenRows(group, ways * classes, rows), shape: [rows.length, ways, classes] },
        weights: { teachers: tensor(teachers), balance: tensor(balance) },
      };
    },
    afterEpoch: async ({ params }) => {
      const now = params as Concrete<Mixture<Value>> as Mixture<Tensor>;
      const { logLoss } = scorePairs(validation, await answersTo(validation, now.student));
      if (logLoss < best.loss) {
        best = { mixture: copyOf(now as Tree<Tensor>) as Mixture<Tensor>, loss: logLoss };
      }
      await afterEpoch?.(now);
    },
  });
  return best.mixture;
}
