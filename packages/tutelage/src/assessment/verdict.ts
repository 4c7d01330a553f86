import type { Verdict } from '../core/claim.js';
import { type Interval, pairedTInterval } from './intervals.js';

export interface Judgement {
  readonly verdict: Verdict;
  /** Of the mean lead over the seeds, positive where the claimed arm is better. */
  readonly lead: Interval;
}

/**
 * Judges a comparison by the paired 95 % interval of an arm's lead over seeds. Where the arm must lead, it holds if the lead is at
 * least `least` and the interval lies above zero; where it must be no worse than by some margin, if the interval lies above that. It
 * does not hold if the interval rules `least` out; otherwise the seeds can't tell.
 *
 * @param least the smallest lead that counts, above 0, or the margin of being no worse, 0 or below, in the units of `differences`
 * @param differences arm less the one it is compared with, one a seed; two or more
 */
export function verdict(
  { better, least }: { readonly better: 'higher' | 'lower'; readonly least: number },
  differences: readonly number[],
): Judgement {
  const sign = better === 'higher' ? 1 : -1;
  const lead = pairedTInterval(differences.map((difference) => sign * difference));
  const holds = least > 0 ? lead.low > 0 && lead.estimate >= least : lead.low >= least;
  const fails = lead.high < least;
  return { verdict: holds ? 'holds' : fails ? 'does not hold' : 'inconclusive', lead };
}

/** The verdict of a claim of several parts: that of its weakest. */
export function weakest(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('does not hold')) return 'does not hold';
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'holds';
}
