import { DataType, type OnnxTensor } from '../onnx/model.js';

/**
 * A weight as integers from -largest to largest and their scales, one for each index of an axis. The scales have the weight's
 * rank, with size 1 in the other axes.
 */
export function quantizeAlong(
  tensor: OnnxTensor,
  axis: number,
  largest: number,
  names: { readonly weight: string; readonly scale: string },
): { readonly weight: OnnxTensor; readonly scale: OnnxTensor } {
  const values = floatsOf(tensor);
  const count = tensor.dims[axis]!;
  const run = tensor.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const scales = new Float32Array(count);
  const integers = new Int8Array(values.length);
  // Elements of one index of the axis come in runs; plain loops, since there may be many millions.
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / run) % count;
    const needed = Math.abs(values[i]!) / largest;
    if (needed > scales[at]!) scales[at] = needed;
  }
  for (let i = 0; i < values.length; i++) {
    integers[i] = Math.round(values[i]! / (scales[Math.floor(i / run) % count]! || 1));
  }
  const dims = tensor.dims.map((d, i) => (i === axis ? d : 1));
  const data = new Uint8Array(integers.buffer);
  return {
    weight: { name: names.weight, dataType: DataType.INT8, dims: tensor.dims, data },
    scale: floatTensor(names.scale, dims, scales),
  };
}

/** The elements of a float32 tensor. */
export function floatsOf({ data }: OnnxTensor): Float32Array {
  return new Float32Array(data.slice().buffer);
}

export function floatTensor(name: string, dims: readonly number[], values: Float32Array): OnnxTensor {
  return { name, dataType: DataType.FLOAT, dims, data: new Uint8Array(values.buffer) };
}
