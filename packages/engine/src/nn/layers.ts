import type { Tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { add } from '../ops/elementwise.js';
import { gather } from '../ops/indexing.js';
import { matmul } from '../ops/matmul.js';
import { foldIn, type Key } from '../random/keys.js';
import { type Initializer, kaimingUniform, normal, ones, uniform, zeros } from './parameters.js';

/*
 * A layer is a function and a record of parameters, whose type says what its leaves are: `Linear<Tensor>` holds data,
 * `Linear<Value>` is what a traced function sees. Names of parameters are those of PyTorch and Hugging Face. Records are type
 * aliases, since TypeScript takes an interface for no `Tree`.
 */

/** weight [outputs, inputs], bias [outputs]. */
export type Linear<T> = {
  readonly weight: T;
  readonly bias?: T;
};

/** PyTorch's default: uniform within 1 / sqrt(inputs), for weight and bias. */
export function initLinear(
  key: Key,
  inputs: number,
  outputs: number,
  options: { readonly bias?: boolean; readonly weight?: Initializer } = {},
): Linear<Tensor> {
  const weight = (options.weight ?? kaimingUniform(1 / Math.sqrt(3)))(foldIn(key, 'weight'), [
    outputs,
    inputs,
  ]);
  if (options.bias === false) return { weight };
  const bias = options.weight
    ? zeros([outputs])
    : uniform(1 / Math.sqrt(inputs))(foldIn(key, 'bias'), [outputs]);
  return { weight, bias };
}

/** x W' + b over the last axis: [..., inputs] to [..., outputs]. */
export function linear({ weight, bias }: Linear<Value>, x: Value): Value {
  const y = matmul(x, weight, { transB: true });
  return bias ? add(y, bias) : y;
}

/** weight [count, width]. */
export type Embedding<T> = {
  readonly weight: T;
};

export function initEmbedding(key: Key, count: number, width: number, deviation = 0.02): Embedding<Tensor> {
  return { weight: normal(deviation)(key, [count, width]) };
}

/** Rows by id: ids of any shape to [...ids, width]. */
export function embed({ weight }: Embedding<Value>, ids: Value): Value {
  return gather(weight, ids, 0);
}

/** Scale and shift over the last axis. */
export type Norm<T> = {
  readonly weight: T;
  readonly bias: T;
};

export function initNorm(width: number): Norm<Tensor> {
  return { weight: ones([width]), bias: zeros([width]) };
}
