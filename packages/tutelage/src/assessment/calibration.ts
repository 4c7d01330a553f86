import { checkPaired } from './checks.js';

/** Examples answered with about the same confidence. */
export interface ReliabilityBin {
  /** Smallest and largest confidence that belongs here. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean confidence. */
  readonly confidence: number;
  /** Share of right answers. */
  readonly accuracy: number;
}

export type Binning = 'equal-width' | 'equal-mass';

/**
 * The reliability curve: confidence against accuracy (DeGroot & Fienberg 1983; Niculescu-Mizil & Caruana 2005). Bins without an
 * example are left out.
 *
 * @param confidences probability of each answer, in [0, 1]
 * @param correct 1 where the answer is right, else 0
 * @param bins their number. Of equal width they divide [0, 1] and include their upper end; of equal mass they hold as many examples
 *   each, up to one
 */
export function reliabilityCurve(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number>,
  bins = 15,
  binning: Binning = 'equal-width',
): ReliabilityBin[] {
  checkPaired('reliability', confidences, correct);
  const n = confidences.length;
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => confidences[a]! - confidences[b]!);
  const groups: number[][] = Array.from({ length: bins }, () => []);
  order.forEach((i, place) => {
    const bin =
      binning === 'equal-mass' ? Math.floor((place * bins) / n) : Math.ceil(confidences[i]! * bins) - 1;
    groups[Math.min(bins - 1, Math.max(0, bin))]!.push(i);
  });
  return groups.flatMap((group, bin) => {
    if (group.length === 0) return [];
    const ends = [confidences[group[0]!]!, confidences[group.at(-1)!]!] as const;
    const [from, to] = binning === 'equal-mass' ? ends : ([bin / bins, (bin + 1) / bins] as const);
    const meanOver = (values: ArrayLike<number>) =>
      group.reduce((sum, i) => sum + values[i]!, 0) / group.length;
    return [
      { from, to, count: group.length, confidence: meanOver(confidences), accuracy: meanOver(correct) },
    ];
  });
}

/**
 * Expected calibration error: the mean gap between confidence and accuracy over bins, weighted by their examples, in [0, 1]
 * (Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017, equation 3).
 */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  const gaps = bins.reduce((sum, bin) => sum + bin.count * Math.abs(bin.accuracy - bin.confidence), 0);
  return gaps / count;
}
