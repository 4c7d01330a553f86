import { jit, mapTree, type SessionOptions, type Tensor, type Tree, type Value } from '@tutelage/engine';
import type { Student } from '../core/student.js';
import type { ClassifierStudent } from './classifier.js';

/** What a trained net consists of. */
export interface Trained {
  readonly params: Tree<Tensor>;
  readonly statistics: Tree<Tensor>;
}

/** Logits of one input, in the order of the labels. */
export type ClassLogits = Float32Array;

const chunk = 128;

/** A classifier on the engine, for assessment during and after training; a shipped student runs from its ONNX file instead. */
export function predictor<I>(
  student: ClassifierStudent<I>,
  trained: Trained,
  options: SessionOptions = {},
): Student<I, ClassLogits> & { dispose(): Promise<void> } {
  const forward = jit(
    (params: Tree<Value>, statistics: Tree<Value>, batch: Readonly<Record<string, Value>>) =>
      student.net.forward(params, batch, { training: false, statistics }).logits,
    options,
  );
  const classes = student.labels.length;
  return {
    async predict(inputs) {
      const out: ClassLogits[] = [];
      for (let start = 0; start < inputs.length; start += chunk) {
        const batch = student.featurizer.batch(inputs.slice(start, start + chunk));
        const { data } = await forward(trained.params, trained.statistics, batch);
        for (let i = 0; i * classes < data.length; i++) {
          out.push((data as Float32Array).slice(i * classes, (i + 1) * classes));
        }
      }
      return out;
    },
    dispose: () => forward.dispose(),
  };
}

/** Position of the largest logit. */
export function argMaxOf(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

/** Probabilities of logits. */
export function probabilitiesOf(logits: Float32Array): Float32Array {
  const top = logits[argMaxOf(logits)] ?? 0;
  const weights = logits.map((x) => Math.exp(x - top));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((x) => x / total);
}

/** A copy that later training steps leave alone. */
export function copyOf(tree: Tree<Tensor>): Tree<Tensor> {
  return mapTree<Tensor, Tensor>(tree, (t) => ({ ...t, data: t.data.slice() }));
}
