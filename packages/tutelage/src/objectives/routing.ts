import {
  cast,
  div,
  greaterEqual,
  log,
  mean,
  mul,
  neg,
  random,
  slice,
  sqrt,
  stopGradient,
  sub,
  sum,
  topK,
  type Value,
} from '@tutelage/engine';

/** What picks the ways of each example, and by what gradient a gate learns from it. */
export const gateModes = ['released', 'weighted', 'straight-through', 'random'] as const;

/**
 * Weights of the ways for each row, which add up to 1.
 *
 * - `released`: 1 / k for the k ways with the largest shares; no gradient reaches the shares
 * - `straight-through`: the same, with the gradient of share / share held fixed
 * - `weighted`: the shares themselves
 * - `random`: 1 / k for k ways at random
 *
 * @param shares [batch, ways]
 * @param key of the random pick
 */
export function routeWeights(
  shares: Value,
  { mode, k, key }: { readonly mode: (typeof gateModes)[number]; readonly k: number; readonly key: Value },
): Value {
  if (mode === 'weighted') return shares;
  const picked = topShares(mode === 'random' ? random.uniform(key, shares.shape) : shares, k);
  return mode === 'straight-through' ? mul(picked, div(shares, stopGradient(shares))) : picked;
}

/** 1 / k for the k largest of each row, 0 for the others. */
function topShares(scores: Value, k: number): Value {
  const least = slice(topK(scores, k).values, { axis: 1, start: k - 1, end: k });
  return mul(cast(greaterEqual(scores, least), 'float32'), 1 / k);
}

/**
 * How unevenly a gate uses its ways, 0 when evenly.
 *
 * - `kl`: KL(even || mean share of the batch) / ways
 * - `cv`: standard deviation over mean of the ways' total shares (Shazeer et al. 2017, section 4)
 *
 * @param shares [batch, ways], each row adding up to 1
 */
export function imbalance(shares: Value, measure: 'kl' | 'cv'): Value {
  const ways = shares.dim(1);
  const used = mean(shares, { axes: 0 });
  if (measure === 'kl') return mul(neg(mean(log(mul(used, ways)))), 1 / ways);
  const off = sub(used, mean(used));
  return mul(sqrt(div(sum(mul(off, off)), ways)), ways);
}
