import type { Value } from '../graph/value.js';
import { add, exp, greater, mul, or, sub, where } from '../ops/elementwise.js';
import { logSumExp, sum } from '../ops/reduce.js';
import { stack } from '../ops/shape.js';
import { type LossOptions, reduceLosses } from './reduction.js';

/**
 * Kullback-Leibler divergence KL(t || p) of a distribution p from a target t over the last axis: sum_c t_c (log t_c - log p_c)
 * (Kullback and Leibler 1951).
 *
 * @param logProbabilities log p, [..., classes]
 * @param targetLogProbabilities log t, [..., classes]; -Infinity is a probability of 0, where the term is 0
 * @returns a scalar, or [...] with reduction `none`; the mean is over rows
 */
export function klDivergence(
  logProbabilities: Value,
  targetLogProbabilities: Value,
  options: LossOptions = {},
): Value {
  return reduceLosses(divergence(targetLogProbabilities, logProbabilities), options);
}

/**
 * Jensen-Shannon divergence of two distributions over the last axis: KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2, in
 * 0..log 2 (Lin 1991).
 *
 * @param logP [..., classes]; -Infinity is a probability of 0
 * @param logQ [..., classes]
 * @returns a scalar, or [...] with reduction `none`; the mean is over rows
 */
export function jensenShannon(logP: Value, logQ: Value, options: LossOptions = {}): Value {
  const either = or(greater(logP, -Infinity), greater(logQ, -Infinity));
  const pair = stack([where(either, logP, 0), where(either, logQ, 0)]);
  const logMiddle = sub(logSumExp(pair, { axes: 0 }), Math.LN2);
  return reduceLosses(mul(add(divergence(logP, logMiddle), divergence(logQ, logMiddle)), 0.5), options);
}

/** sum exp(a) (a - b) over the last axis, without a difference of infinities. */
function divergence(a: Value, b: Value): Value {
  return sum(mul(exp(a), where(greater(a, -Infinity), sub(a, b), 0)), { axes: -1 });
}
