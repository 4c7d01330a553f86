import type { Tensor } from '../graph/tensor.js';
import { DataType } from '../onnx/model.js';
import type { Stored, Use } from './survey.js';
import { toTensor } from './tensors.js';

/** Inputs where a tensor is learnt, whatever its size. */
const learnt: Readonly<Record<string, readonly number[]>> = {
  MatMul: [0, 1],
  Gemm: [0, 1, 2],
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  PRelu: [1],
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
  GroupNormalization: [1, 2],
};

/** Inputs that set something, or hold statistics: what stands there is never learnt. */
const given: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [3, 4],
  Clip: [1, 2],
  ConstantOfShape: [0],
  Dropout: [1],
  OneHot: [2],
  Pad: [2],
  Pow: [1],
  Range: [0, 1, 2],
  Resize: [1, 2],
  RotaryEmbedding: [1, 2],
  Upsample: [1],
  'com.microsoft.RotaryEmbedding': [2, 3],
};

/** Buffers that exporters write beside the parameters: frequencies and tables of rotary embeddings. */
const buffers = /(inv_freq|(cos|sin)_cached)$/;

/** Numbers of this size stand for infinity, in masks. */
const infinite = 1e9;

/** From this size on, what a `Constant` node holds is taken for a weight. */
const largeConstant = 64;

const isAt = (places: typeof given, { operator, input }: Use) => places[operator]?.includes(input) ?? false;

/** Whether a tensor of a file looks like something that was learnt. */
function looksLearnt({ path, initializer, uses }: Stored, value: Tensor): boolean {
  if (buffers.test(path) || uses.length === 0 || uses.every((use) => isAt(given, use))) return false;
  if (reachesInfinity(value.data as Float32Array)) return false;
  if (uses.some((use) => isAt(learnt, use))) return true;
  return value.data.length >= (initializer ? 2 : largeConstant);
}

function reachesInfinity(data: Float32Array): boolean {
  for (let i = 0; i < data.length; i++) if (!(Math.abs(data[i]!) < infinite)) return true;
  return false;
}

const floats: readonly number[] = [DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16];

/** The tensors of a file that are parameters, by path, in the file's order; all others are constants. */
export function parametersOf(
  stored: readonly Stored[],
  trainable?: (name: string, value: Tensor) => boolean,
): Record<string, Tensor> {
  const found: [string, Tensor][] = [];
  for (const one of stored) {
    if (!floats.includes(one.tensor.dataType) || one.uses.length === 0) continue;
    const value = toTensor(one.tensor);
    if (trainable ? trainable(one.path, value) : looksLearnt(one, value)) found.push([one.path, value]);
  }
  return Object.fromEntries(found);
}
