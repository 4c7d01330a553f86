import {
  type Concrete,
  constant,
  createTrainer,
  mapTree,
  nn,
  type optim,
  random,
  type Tensor,
  type Tree,
  type Value,
} from '@tutelage/engine';
import { shuffled } from '../curricula/weighted-draw.js';
import { copyOf } from './predictor.js';

/** A net: what is learned, and the running statistics of its batch norms. */
export interface Net<P, S> {
  readonly params: P;
  readonly state: S;
}

export interface FitOptions<P, S, B> {
  readonly net: Net<Concrete<P>, Concrete<S>>;
  /** The loss of a batch, and the batch's statistics, `{}` for a net without batch norm. */
  readonly loss: (params: P, batch: B, key: Value) => readonly [Value, S];
  /** Rows to learn from. */
  readonly rows: number;
  /** At most so many rows; those that fill no batch are left to another epoch. */
  readonly batchSize: number;
  readonly epochs: number;
  /** @param step from 0 */
  readonly batch: (rows: readonly number[], epoch: number, step: number) => Concrete<B>;
  readonly optimizer: optim.Optimizer;
  /** Factor on the learning rate, for so many steps in all; constant if not given. */
  readonly schedule?: (steps: number) => optim.Schedule;
  readonly seed: number;
  /** Ends the training after the step under way. */
  readonly signal: AbortSignal;
  /** The net in training: copy what is to be kept. */
  readonly afterEpoch?: (net: Net<Concrete<P>, Concrete<S>>, epoch: number) => Promise<void>;
}

/** Trained tensors as constants of the function that is being traced. */
export function constants<T>(tree: Concrete<T>): T {
  return mapTree<Tensor, Value>(tree as Tree<Tensor>, (leaf) => constant(leaf)) as T;
}

/** Trains a net in epochs, the rows shuffled for each, on one thread, so that equal seeds give equal bits. */
export async function fit<P, S, B>(options: FitOptions<P, S, B>): Promise<Net<Concrete<P>, Concrete<S>>> {
  const { net, loss, rows, epochs, batch, optimizer, schedule, seed, signal, afterEpoch } = options;
  const batchSize = Math.min(options.batchSize, rows);
  const stepsAnEpoch = Math.floor(rows / batchSize);
  const trainer = createTrainer<P, B, readonly [Value, S]>({
    params: net.params,
    loss,
    optimizer,
    ...(schedule && { schedule: schedule(epochs * stepsAnEpoch) }),
    seed,
    threads: 1,
  });
  let state = net.state;
  const orders = random.foldIn(random.key(seed), 'orders');
  for (let epoch = 0; epoch < epochs && !signal.aborted; epoch++) {
    const order = shuffled(rows, random.foldIn(orders, epoch));
    for (let i = 0; i < stepsAnEpoch && !signal.aborted; i++) {
      const chosen = order.slice(i * batchSize, (i + 1) * batchSize);
      const { aux } = await trainer.step(batch(chosen, epoch, epoch * stepsAnEpoch + i));
      state = nn.updateStatistics(state, aux as Concrete<S>);
    }
    await afterEpoch?.({ params: trainer.params, state }, epoch);
  }
  const params = copyOf(trainer.params as Tree<Tensor>) as Concrete<P>;
  await trainer.dispose();
  return { params, state };
}
