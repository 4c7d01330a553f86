import {
  constant,
  div,
  exportOnnx,
  reshape,
  saveModel,
  softmax,
  sub,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import { type Fusion, fusionFeatures, fusionLogits } from '../models/fusion.js';
import { explained } from '../runs/file-errors.js';
import type { PairData } from '../tasks/modality-pairs.js';

/**
 * Writes a student of the first modality as an ONNX model: `input` [batch, ...shape], as the reader of pairs gives it before it is
 * scaled, to `logits` and `probabilities` [batch, classes].
 *
 * @throws {UserError} when it can't be written
 */
export function savePairStudent(
  path: string,
  student: Fusion<Tensor>,
  { labels, names, scales, splits, hash }: PairData,
): void {
  const shape = splits.train.shapes[0];
  const { mean, deviation } = scales[0];
  const over = (values: Float32Array): Value => {
    const own = constant({ dtype: 'float32', shape: [values.length], data: values });
    return shape.length === 1 ? own : reshape(own, [1, 1, 1]);
  };
  const model = exportOnnx<
    Fusion<Value>,
    { input: { dtype: 'float32'; shape: readonly (string | number)[] } }
  >(
    (params, { input }) => {
      const logits = fusionLogits(
        params,
        fusionFeatures(params, [div(sub(input, over(mean)), over(deviation))]),
      );
      return { probabilities: softmax(logits), logits };
    },
    student,
    { input: { dtype: 'float32', shape: ['batch', ...shape] } },
    { metadata: { name: `classifier of ${names[0]}`, labels, trainingData: hash } },
  );
  explained('write the student', path, () => saveModel(path, model));
}
