import {
  add,
  createTrainer,
  crossEntropy,
  matmul,
  nn,
  optim,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { probabilities } from '../assessment/probabilities.js';

const fit = { steps: 300, learningRate: 0.05, weightDecay: 0.02 };

type Weights<T> = { readonly weight: T; readonly bias: T };

/**
 * Softmax regression on numbers that are brought to mean 0 and deviation 1, fitted to all rows at once.
 *
 * @param rows one an example, all of one length
 * @param classes of the examples, from 0 to `count` - 1
 * @returns the probabilities of the classes for another row
 */
export async function softmaxRegression(
  rows: readonly (readonly number[])[],
  classes: readonly number[],
  count: number,
): Promise<(row: readonly number[]) => number[]> {
  const width = rows[0]!.length;
  const means = Array.from({ length: width }, (_, i) => mean(rows.map((row) => row[i]!)));
  const deviations = means.map((own, i) => Math.sqrt(mean(rows.map((row) => (row[i]! - own) ** 2))) || 1);
  const standard = (row: readonly number[]) => row.map((x, i) => (x - means[i]!) / deviations[i]!);
  const trainer = createTrainer<Weights<Value>, { readonly x: Value; readonly y: Value }, Value>({
    params: { weight: nn.zeros([width, count]), bias: nn.zeros([count]) },
    loss: ({ weight, bias }, { x, y }) => crossEntropy(add(matmul(x, weight), bias), y),
    optimizer: optim.adamw({ learningRate: fit.learningRate, weightDecay: fit.weightDecay }),
    threads: 1,
  });
  const batch = {
    x: tensor(Float32Array.from(rows.flatMap(standard)), [rows.length, width]),
    y: tensor(Int32Array.from(classes), [rows.length]),
  };
  for (let step = 0; step < fit.steps; step++) await trainer.step(batch);
  await trainer.dispose();
  const { weight, bias } = trainer.params as Weights<Tensor>;
  const [slopes, offsets] = [weight.data as Float32Array, bias.data as Float32Array];
  return (row) => {
    const input = standard(row);
    const logits = offsets.map((offset, c) =>
      input.reduce((sum, x, i) => sum + x * slopes[i * count + c]!, offset),
    );
    return [...probabilities(logits)];
  };
}
