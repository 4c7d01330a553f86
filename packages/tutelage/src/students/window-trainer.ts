import { createTrainer, optim, type Tensor, type Trainer, tensor, type Value } from '@tutelage/engine';
import { slotCount, type WindowLm, type WindowLmConfig, windowLm } from '../models/window-lm.js';

/** Places in answers, and what is known of each: numbers of the place, or a row of numbers. */
export interface Places {
  /** Of `windowContexts`, [places x slots]. */
  readonly contexts: Int32Array;
  /** By name, [places] or [places x width]. */
  readonly known: Readonly<Record<string, Float32Array | Int32Array>>;
}

type Batch<T> = { readonly contexts: T; readonly known: Readonly<Record<string, T>> };

/** Trains a window language model on places. */
export interface WindowTrainer {
  readonly params: WindowLm<Tensor>;
  /** One update from the places of these numbers; the loss before it. */
  learn(places: Places, rows: readonly number[]): Promise<number>;
  dispose(): Promise<void>;
}

export interface WindowTrainerOptions {
  readonly params: WindowLm<Tensor>;
  readonly config: WindowLmConfig;
  /** The loss from the logits of a batch of places, [places, vocabulary], and what is known of them. */
  readonly objective: (logits: Value, known: Readonly<Record<string, Value>>) => Value;
  readonly learningRate: number;
}

/** By Adam on one thread, which is the fastest for so small a net. */
export function windowTrainer({
  params,
  config,
  objective,
  learningRate,
}: WindowTrainerOptions): WindowTrainer {
  const slots = slotCount(config);
  const trainer: Trainer<WindowLm<Value>, Batch<Value>, Value> = createTrainer({
    params,
    loss: (p: WindowLm<Value>, { contexts, known }: Batch<Value>) => objective(windowLm(p, contexts), known),
    optimizer: optim.adamw({ learningRate, weightDecay: 0 }),
    threads: 1,
  });
  return {
    params: trainer.params as WindowLm<Tensor>,
    async learn({ contexts, known }, rows) {
      const count = contexts.length / slots;
      const { loss } = await trainer.step({
        contexts: picked(contexts, rows, slots, false),
        known: Object.fromEntries(
          Object.entries(known).map(([name, data]) => {
            const width = data.length / count;
            return [name, picked(data, rows, width, width === 1)];
          }),
        ),
      });
      return loss;
    },
    dispose: () => trainer.dispose(),
  };
}

function picked(
  data: Float32Array | Int32Array,
  rows: readonly number[],
  width: number,
  flat: boolean,
): Tensor {
  const own =
    data instanceof Int32Array ? new Int32Array(rows.length * width) : new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    own.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return tensor(own, flat ? [rows.length] : [rows.length, width]);
}
