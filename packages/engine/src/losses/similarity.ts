import { ShapeError } from '../graph/errors.js';
import { showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { add, div, mul, relu, sqrt, sub } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { cosineSimilarity, normalize, sum } from '../ops/reduce.js';
import { transpose } from '../ops/shape.js';
import { iota } from '../ops/sources.js';
import { crossEntropy } from './classification.js';
import { type LossOptions, reduceLosses } from './reduction.js';

/** 1 - cos(x, y) over the last axis, in 0..2; the mean is over rows. */
export function cosineLoss(x: Value, y: Value, options: LossOptions = {}): Value {
  return reduceLosses(sub(1, cosineSimilarity(x, y)), options);
}

export interface InfoNceOptions {
  /** Scores are divided by it; a value for a learned one. Defaults to 0.05. */
  readonly temperature?: number | Value;
  /** Scores are cosines (the default) or plain products. */
  readonly similarity?: 'cosine' | 'dot';
  /** The mean of both directions, queries among keys and keys among queries (Radford et al. 2021). */
  readonly symmetric?: boolean;
}

/**
 * Contrastive loss with in-batch negatives: the cross-entropy of picking, for query i, key i among all keys by softmax(score /
 * temperature) (van den Oord et al. 2018, equation 4).
 *
 * @param queries [n, width]
 * @param keys [m, width], m >= n: key i belongs to query i, and those from n on are further negatives; m = n for `symmetric`
 * @returns a scalar, the mean over queries
 */
export function infoNce(queries: Value, keys: Value, options: InfoNceOptions = {}): Value {
  const { temperature = 0.05, similarity = 'cosine', symmetric = false } = options;
  const [n, m] = [queries.dim(0), keys.dim(0)];
  if (m < n || (symmetric && m !== n)) {
    throw new ShapeError(
      `infoNce: a key for each query is needed${symmetric ? ', and a query for each key' : ''}: ${showShape(queries.shape)} and ${showShape(keys.shape)}`,
    );
  }
  const [q, k] = similarity === 'cosine' ? [normalize(queries), normalize(keys)] : [queries, keys];
  const scores = div(matmul(q, k, { transB: true }), temperature);
  const own = iota(n);
  const forward = crossEntropy(scores, own);
  return symmetric ? mul(add(forward, crossEntropy(transpose(scores), own)), 0.5) : forward;
}

export interface MarginOptions extends LossOptions {
  /** Distance by which the better must lead. */
  readonly margin?: number;
}

/** max(0, margin - (better - worse)) of pairs of scores; shapes broadcast. The margin defaults to 0. */
export function marginRanking(
  better: Value,
  worse: Value,
  { margin = 0, ...options }: MarginOptions = {},
): Value {
  return reduceLosses(relu(add(sub(worse, better), margin)), options);
}

/**
 * max(0, |a - p| - |a - n| + margin) with Euclidean distances over the last axis (Weinberger and Saul 2009; Schroff et al. 2015,
 * with squared distances there). The margin defaults to 1; the mean is over rows.
 */
export function triplet(
  anchor: Value,
  positive: Value,
  negative: Value,
  { margin = 1, ...options }: MarginOptions = {},
): Value {
  const lead = sub(distance(anchor, positive), distance(anchor, negative));
  return reduceLosses(relu(add(lead, margin)), options);
}

/** Under the root of a distance, so that it has a gradient between equal vectors. */
const floor = 1e-12;

function distance(x: Value, y: Value): Value {
  const difference = sub(x, y);
  return sqrt(add(sum(mul(difference, difference), { axes: -1 }), floor));
}
