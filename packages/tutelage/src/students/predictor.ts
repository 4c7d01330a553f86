import {
  jit,
  leavesOf,
  mapTree,
  type SessionOptions,
  type Tensor,
  type Tree,
  type Value,
} from '@tutelage/engine';
import type { Student } from '../core/student.js';
import type { ClassifierStudent } from './classifier.js';

/** What a trained net consists of. */
export interface Trained {
  readonly params: Tree<Tensor>;
  readonly statistics: Tree<Tensor>;
}

/** Numbers that training found. */
export function countParameters({ params }: Pick<Trained, 'params'>): number {
  return leavesOf<Tensor>(params).reduce((sum, { leaf }) => sum + leaf.data.length, 0);
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
      const out = new Array<ClassLogits>(inputs.length);
      const order = orderBySize(inputs, student.featurizer.size);
      for (let start = 0; start < order.length; start += chunk) {
        const places = order.slice(start, start + chunk);
        const batch = student.featurizer.batch(places.map((place) => inputs[place]!));
        const { data } = await forward(trained.params, trained.statistics, batch);
        places.forEach((place, i) => {
          out[place] = (data as Float32Array).slice(i * classes, (i + 1) * classes);
        });
      }
      return out;
    },
    dispose: () => forward.dispose(),
  };
}

/** Places of inputs, those alike in size beside each other: batches are padded to their longest. */
export function orderBySize<I>(inputs: readonly I[], size: ((input: I) => number) | undefined): number[] {
  const places = inputs.map((_, i) => i);
  if (!size) return places;
  const sizes = inputs.map(size);
  return places.sort((a, b) => sizes[a]! - sizes[b]!);
}

/** A copy that later training steps leave alone. */
export function copyOf(tree: Tree<Tensor>): Tree<Tensor> {
  return mapTree<Tensor, Tensor>(tree, (t) => ({ ...t, data: t.data.slice() }));
}
