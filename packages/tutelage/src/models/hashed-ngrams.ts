import { add, nn, random, relu, type Tensor, type Value } from '@tutelage/engine';
import { weightedRows } from './weighted-rows.js';

export interface HashedNgramsConfig {
  /** Slots that features are hashed into. */
  readonly buckets: number;
  /** Width of a hidden layer; without it the classifier is linear. */
  readonly hidden?: number;
  readonly classes: number;
}

/** A row for each bucket and a bias: the logits themselves or, under `output`, a hidden layer. */
export type HashedNgrams<T> = {
  readonly buckets: { readonly weight: T; readonly bias: T };
  readonly output?: nn.Linear<T>;
};

export function initHashedNgrams(key: random.Key, config: HashedNgramsConfig): HashedNgrams<Tensor> {
  const { buckets, hidden, classes } = config;
  const width = hidden ?? classes;
  return {
    // A linear classifier has nothing to break the symmetry of: it starts at zero.
    buckets: {
      weight:
        hidden === undefined ? nn.zeros([buckets, width]) : nn.uniform(1 / width)(key, [buckets, width]),
      bias: nn.zeros([width]),
    },
    ...(hidden !== undefined && { output: nn.initLinear(random.foldIn(key, 'output'), hidden, classes) }),
  };
}

/**
 * Classifier over hashed n-grams, linear or with one hidden layer (Weinberger et al. 2009; Joulin et al. 2016).
 *
 * @param features [batch, features] of bucket numbers, filled up with any number where a text has fewer
 * @param weights [batch, features] of the features, 0 where filled up, float32
 * @returns logits [batch, classes]
 */
export function hashedNgrams(p: HashedNgrams<Value>, features: Value, weights: Value): Value {
  const first = add(weightedRows(p.buckets, features, weights), p.buckets.bias);
  return p.output ? nn.linear(p.output, relu(first)) : first;
}
