import type { Claim, Verdict } from '../core/claim.js';
import { type Interval, pairedTInterval } from './intervals.js';

export interface Judgement {
  readonly verdict: Verdict;
  /** Of the mean lead over the seeds, positive where the claimed arm is better. */
  readonly lead: Interval;
}

/**
 * Judges a claim by the paired 95 % interval of its arm's lead over seeds. It holds if the lead is at least the smallest effect and
 * the interval lies above zero; it does not hold if the interval rules out the smallest effect; otherwise the seeds can't tell.
 *
 * @param differences arm less the one it is compared with, one a seed, in the metric's units; two or more
 */
export function verdict(
  claim: Pick<Claim, 'metric' | 'smallestEffect'>,
  differences: readonly number[],
): Judgement {
  const sign = claim.metric.better === 'higher' ? 1 : -1;
  const lead = pairedTInterval(differences.map((difference) => sign * difference));
  const holds = lead.low > 0 && lead.estimate >= claim.smallestEffect;
  const fails = lead.high < claim.smallestEffect;
  return { verdict: holds ? 'holds' : fails ? 'does not hold' : 'inconclusive', lead };
}
