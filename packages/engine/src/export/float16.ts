import { DataType, type OnnxModel, type OnnxNode, type OnnxTensor } from '../onnx/model.js';
import { float32ToHalf } from '../weights/float16.js';
import { freshNames } from './names.js';

/** Smaller tensors, such as biases and scales, are not worth their rounding. */
const fewestElements = 256;
const largestHalf = 65_504;

/**
 * Stores a model's weights as half floats, which halves the file. The model casts them back, which runtimes do once when they
 * load it, and computes in float32 as before: only the weights are rounded, to 11 significant bits. Weights beyond the range of
 * half floats stay as they are. Outputs of small transformers and convnets with random weights differ by less than 0.1 % of their
 * largest magnitude (measured: 0.03 to 0.05 %).
 */
export function toFloat16(model: OnnxModel): OnnxModel {
  const fresh = freshNames(model.graph);
  const casts: OnnxNode[] = [];
  const initializers = model.graph.initializers.map((tensor) => {
    const values =
      tensor.dataType === DataType.FLOAT ? new Float32Array(tensor.data.slice().buffer) : undefined;
    if (!values || values.length < fewestElements || values.some((x) => Math.abs(x) > largestHalf))
      return tensor;
    const name = fresh(`${tensor.name}_float16`);
    casts.push({
      opType: 'Cast',
      domain: '',
      name: fresh(`${tensor.name}_cast`),
      inputs: [name],
      outputs: [tensor.name],
      attributes: { to: { type: 'int', value: DataType.FLOAT } },
    });
    const data = new Uint8Array(float32ToHalf(values).buffer);
    return { name, dataType: DataType.FLOAT16, dims: tensor.dims, data } satisfies OnnxTensor;
  });
  return { ...model, graph: { ...model.graph, initializers, nodes: [...casts, ...model.graph.nodes] } };
}
