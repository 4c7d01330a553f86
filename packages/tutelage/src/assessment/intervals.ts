import { checkSome, mean } from './checks.js';
import { incompleteBeta, normalQuantile, studentTQuantile } from './distributions.js';

/** An estimate and the ends of its confidence interval. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Interval of a share of successes that stays within [0, 1] and keeps its level in small samples (Wilson 1927).
 *
 * @param level in (0, 1)
 */
export function wilsonInterval(successes: number, trials: number, level = 0.95): Interval {
  if (!(trials > 0 && successes >= 0 && successes <= trials)) {
    throw new RangeError(`no share: ${successes} successes of ${trials} trials`);
  }
  const z2 = normalQuantile((1 + level) / 2) ** 2;
  const estimate = successes / trials;
  const centre = (successes + z2 / 2) / (trials + z2);
  const spread = (Math.sqrt(z2) / (trials + z2)) * Math.sqrt(successes * (1 - estimate) + z2 / 4);
  return {
    estimate,
    low: successes === 0 ? 0 : centre - spread,
    high: successes === trials ? 1 : centre + spread,
  };
}

/**
 * Interval of the mean of paired differences, one a seed, by Student's t (1908): mean ± t s / sqrt(n).
 *
 * @param differences at least two
 */
export function pairedTInterval(differences: ArrayLike<number>, level = 0.95): Interval {
  const n = differences.length;
  if (n < 2) throw new RangeError(`too few seeds for an interval: ${n}; two or more are needed`);
  const estimate = mean(differences);
  const squares = Array.from(differences, (difference) => (difference - estimate) ** 2);
  const error = Math.sqrt((mean(squares) * n) / (n - 1) / n);
  const spread = studentTQuantile((1 + level) / 2, n - 1) * error;
  return { estimate, low: estimate - spread, high: estimate + spread };
}

/** What two classifiers, asked the same questions, get right. */
export interface McNemar {
  /** Examples that the first alone gets right. */
  readonly firstOnly: number;
  /** Examples that the second alone gets right. */
  readonly secondOnly: number;
  /** Two-sided exact p-value: how likely so uneven a split is if both are equally good. */
  readonly p: number;
}

/**
 * McNemar's test of two classifiers on the same examples, exact by the binomial distribution (McNemar 1947).
 *
 * @param first 1 where it is right, else 0
 * @param second the same of the other one
 */
export function mcnemar(first: ArrayLike<number>, second: ArrayLike<number>): McNemar {
  checkSome('McNemar test', first);
  let [firstOnly, secondOnly] = [0, 0];
  for (let i = 0; i < first.length; i++) {
    if (first[i]! > second[i]!) firstOnly += 1;
    if (first[i]! < second[i]!) secondOnly += 1;
  }
  const fewer = Math.min(firstOnly, secondOnly);
  const more = Math.max(firstOnly, secondOnly);
  // P(X <= fewer) of a fair coin thrown fewer + more times.
  const tail = more === 0 ? 1 : incompleteBeta(0.5, more, fewer + 1);
  return { firstOnly, secondOnly, p: Math.min(1, 2 * tail) };
}
