import { matmul, nn, reshape, type Value } from '@tutelage/engine';

/**
 * Sums of an embedding's rows: the product of a sparse matrix with a dense one.
 *
 * @param features [batch, features] of row numbers, filled up with any number
 * @param weights [batch, features] of float32, 0 where filled up
 * @returns [batch, width]
 */
export function weightedRows(p: nn.Embedding<Value>, features: Value, weights: Value): Value {
  const [batch, count] = features.shape as [number, number];
  const rows = nn.embed(p, features);
  return reshape(matmul(reshape(weights, [batch, 1, count]), rows), [batch, -1]);
}
