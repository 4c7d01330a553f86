import {
  add,
  createTrainer,
  crossEntropy,
  jit,
  matmul,
  mul,
  nn,
  optim,
  random,
  relu,
  sum,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import { type KeptLearning, keptLearning } from '../assessment/forgetting.js';
import { argMax } from '../assessment/probabilities.js';
import { shuffled } from '../curricula/weighted-draw.js';

/** Examples as features with a class each. */
export interface FeatureRows {
  /** [rows, width] */
  readonly features: Float32Array;
  readonly classes: readonly number[];
}

/** What is learned at one time: some classes. Tasks have equally many rows to learn from. */
export interface OrderedTask {
  readonly train: FeatureRows;
  readonly test: FeatureRows;
}

export interface OrderLearning {
  /** Features of an example. */
  readonly width: number;
  readonly classes: number;
  readonly hidden: number;
  readonly batchSize: number;
  /** Of Adam, whose state goes on from task to task. */
  readonly learningRate: number;
  /** Examples of each past class that half a batch beside each new batch is drawn from; 0: none are seen again. */
  readonly replay: number;
  readonly key: random.Key;
  readonly signal: AbortSignal;
}

/** Nets side by side, one an order. */
interface Nets<T> {
  readonly first: T;
  readonly firstBias: T;
  readonly last: T;
  readonly lastBias: T;
}

/** Weights of the rows of an order add up to 1. */
interface Batch<T> {
  readonly x: T;
  readonly classes: T;
  readonly weights: T;
}

function forward(p: Nets<Value>, x: Value): Value {
  return add(matmul(relu(add(matmul(x, p.first), p.firstBias)), p.last), p.lastBias);
}

/**
 * What small nets keep that meet tasks one after the other, one pass each and no way back, each in an order of its own. All begin with
 * the same weights and see the rows of a task in the same order, so that the order of the tasks alone makes the difference.
 *
 * @param orders of the positions of all tasks
 * @returns in the order of the orders; undefined where `signal` was aborted
 */
export async function learnInOrders(
  tasks: readonly OrderedTask[],
  orders: readonly (readonly number[])[],
  options: OrderLearning,
): Promise<KeptLearning[] | undefined> {
  const { batchSize, learningRate, key, replay, signal } = options;
  const trainer = createTrainer({
    params: initNets(orders.length, options),
    loss: (p: Nets<Value>, { x, classes, weights }: Batch<Value>) =>
      sum(mul(crossEntropy(forward(p, x), classes, { reduction: 'none' }), weights)),
    optimizer: optim.adam({ learningRate }),
    threads: 1,
  });
  const logits = jit((p: Nets<Value>, x: Value) => forward(p, x), { threads: 1 });
  const places = tasks.map(({ train }, i) => shuffled(train.classes.length, random.foldIn(key, `rows ${i}`)));
  const steps = Math.ceil(tasks[0]!.train.classes.length / batchSize);
  const draws = random.stream(random.foldIn(key, 'replay'));
  const memories = tasks.map(({ train }, i) => memoryOf(train, places[i]!, replay));
  const after: number[] = [];
  try {
    for (let time = 0; time < tasks.length; time++) {
      for (let step = 0; step < steps; step++) {
        if (signal.aborted) return undefined;
        const chances = Array.from({ length: replay > 0 ? batchSize / 2 : 0 }, () => draws.uniform());
        const rows = orders.map((order) => {
          const task = order[time]!;
          const own = places[task]!;
          const fresh = Array.from({ length: batchSize }, (_, i) => ({
            task,
            row: own[(step * batchSize + i) % own.length]!,
          }));
          const past = order
            .slice(0, time)
            .flatMap((one) => memories[one]!.map((row) => ({ task: one, row })));
          const again = chances.map((chance) => past[Math.floor(chance * past.length)]);
          return [...fresh, ...again];
        });
        await trainer.step(batchOf(tasks, rows, options.width));
      }
      if (time === 0) {
        const found = await accuracies(logits, trainer.params, tasks, options);
        orders.forEach((order, i) => {
          after.push(onTask(tasks[order[0]!]!, found[i]!));
        });
      }
    }
    const atEnd = await accuracies(logits, trainer.params, tasks, options);
    return orders.map((order, i) => {
      const own = atEnd[i]!;
      return keptLearning(own, { after: after[i]!, atEnd: onTask(tasks[order[0]!]!, own) });
    });
  } finally {
    await trainer.dispose();
    await logits.dispose();
  }
}

/** The same weights for every order. */
function initNets(orders: number, { width, hidden, classes, key }: OrderLearning): Nets<Tensor> {
  const own = random.foldIn(key, 'net');
  const first = nn.initLinear(random.foldIn(own, 1), width, hidden);
  const last = nn.initLinear(random.foldIn(own, 2), hidden, classes);
  const beside = (layer: nn.Linear<Tensor>, inputs: number, outputs: number) => {
    // A linear layer holds a row for each output.
    const weights = layer.weight.data as Float32Array;
    const matrix = new Float32Array(inputs * outputs);
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++) matrix[i * outputs + o] = weights[o * inputs + i]!;
    return tensor(repeated(matrix, orders), [orders, inputs, outputs]);
  };
  return {
    first: beside(first, width, hidden),
    firstBias: tensor(new Float32Array(orders * hidden), [orders, 1, hidden]),
    last: beside(last, hidden, classes),
    lastBias: tensor(new Float32Array(orders * classes), [orders, 1, classes]),
  };
}

function repeated(values: Float32Array, times: number): Float32Array {
  const all = new Float32Array(values.length * times);
  for (let i = 0; i < times; i++) all.set(values, i * values.length);
  return all;
}

/** Positions of the first so many rows of each class. */
function memoryOf({ classes }: FeatureRows, order: readonly number[], each: number): number[] {
  const counts = new Map<number, number>();
  return order.filter((row) => {
    const count = counts.get(classes[row]!) ?? 0;
    counts.set(classes[row]!, count + 1);
    return count < each;
  });
}

interface Place {
  readonly task: number;
  readonly row: number;
}

/** @param rows of each order; where there is none yet, nothing counts */
function batchOf(
  tasks: readonly OrderedTask[],
  rows: readonly (readonly (Place | undefined)[])[],
  width: number,
): Batch<Tensor> {
  const size = rows[0]!.length;
  const x = new Float32Array(rows.length * size * width);
  const classes = new Int32Array(rows.length * size);
  const weights = new Float32Array(rows.length * size);
  rows.forEach((own, order) => {
    const counted = own.filter((place) => place !== undefined).length;
    own.forEach((place, i) => {
      if (place === undefined) return;
      const { features, classes: labels } = tasks[place.task]!.train;
      const at = order * size + i;
      x.set(features.subarray(place.row * width, (place.row + 1) * width), at * width);
      classes[at] = labels[place.row]!;
      weights[at] = 1 / counted;
    });
  });
  const shape = [rows.length, size];
  return {
    x: tensor(x, [...shape, width]),
    classes: tensor(classes, shape),
    weights: tensor(weights, shape),
  };
}

/** Accuracy by class, of the net of each order. */
async function accuracies(
  logits: (p: Nets<Tensor>, x: Tensor) => Promise<Tensor>,
  params: Nets<Tensor>,
  tasks: readonly OrderedTask[],
  { width, classes }: OrderLearning,
): Promise<number[][]> {
  const labels = tasks.flatMap(({ test }) => [...test.classes]);
  const x = new Float32Array(labels.length * width);
  let at = 0;
  for (const { test } of tasks) {
    x.set(test.features, at);
    at += test.features.length;
  }
  const found = await logits(params, tensor(x, [labels.length, width]));
  const data = found.data as Float32Array;
  const totals = new Array<number>(classes).fill(0);
  for (const label of labels) totals[label]! += 1;
  return Array.from({ length: data.length / (labels.length * classes) }, (_, order) => {
    const rights = new Array<number>(classes).fill(0);
    labels.forEach((label, row) => {
      const start = (order * labels.length + row) * classes;
      if (argMax(data.subarray(start, start + classes)) === label) rights[label]! += 1;
    });
    return rights.map((right, label) => right / totals[label]!);
  });
}

/** Accuracy on a task, whose classes have equally many test rows. */
function onTask({ test }: OrderedTask, byClass: readonly number[]): number {
  const own = [...new Set(test.classes)];
  return own.reduce((sum, label) => sum + byClass[label]!, 0) / own.length;
}
