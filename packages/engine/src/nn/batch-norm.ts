import type { Tensor } from '../graph/tensor.js';
import { leavesOf, mapTree, type Tree } from '../graph/tree.js';
import type { Value } from '../graph/value.js';
import { batchNormInference, batchNorm as normalizeBatch } from '../ops/batch-norm.js';
import { mul } from '../ops/elementwise.js';
import type { Norm } from './layers.js';
import { ones, zeros } from './parameters.js';

/** Mean and unbiased variance [channels] of what a batch norm has seen: state, under PyTorch's names, that no gradient changes. */
export type Statistics<T> = {
  readonly running_mean: T;
  readonly running_var: T;
};

export function initStatistics(channels: number): Statistics<Tensor> {
  return { running_mean: zeros([channels]), running_var: ones([channels]) };
}

/**
 * Batch normalisation of each channel (Ioffe and Szegedy 2015): by the batch's own statistics, as in training, or by given ones,
 * as in evaluation.
 *
 * @param x [batch, channels, ...]
 * @returns the normalised batch, and its own statistics (in evaluation those given) for `updateStatistics`
 */
export function batchNorm(
  { weight: scale, bias }: Norm<Value>,
  x: Value,
  given?: Statistics<Value>,
  epsilon = 1e-5,
): { readonly y: Value; readonly statistics: Statistics<Value> } {
  const norm = { scale, bias, epsilon };
  if (given) {
    const [mean, variance] = [given.running_mean, given.running_var];
    return { y: batchNormInference(x, norm, { mean, variance }), statistics: given };
  }
  const { y, mean, variance } = normalizeBatch(x, norm);
  const count = x.shape.reduce((a, b) => a * b, 1) / x.dim(1);
  // From a single number the variance of the others can't be told: it counts as it is.
  const unbiased = count > 1 ? mul(variance, count / (count - 1)) : variance;
  return { y, statistics: { running_mean: mean, running_var: unbiased } };
}

/**
 * Running statistics after a batch: (1 - momentum) old + momentum of the batch, for each tensor of a model's state.
 *
 * @param momentum share of the new batch, in 0..1; PyTorch's default is 0.1
 */
export function updateStatistics<S>(state: S, batch: S, momentum = 0.1): S {
  const latest = new Map(leavesOf(batch as Tree<Tensor>).map(({ path, leaf }) => [path, leaf.data]));
  return mapTree<Tensor, Tensor>(state as Tree<Tensor>, (old, path) => {
    const seen = latest.get(path) as Float32Array;
    const data = (old.data as Float32Array).map((x, i) => x + momentum * (seen[i]! - x));
    return { ...old, data };
  }) as S;
}
