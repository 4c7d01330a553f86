import { UserError } from '../core/errors.js';

export interface SharesOptions {
  /** Smallest share of the data, in (0, end]. */
  readonly start: number;
  /** Greatest share of the data, in [start, 1]. */
  readonly end: number;
  /** What the share is multiplied by on the way down and divided by on the way up, in (0, 1). */
  readonly factor: number;
  /** Passes over all data that the shares add up to. */
  readonly passes: number;
}

/**
 * Shares of the data that swing between `start` and `end`: up to the end, down to the start, and up again, until they add up to the
 * budget; the last may overshoot it (Kesgin & Amasyali 2022, algorithm 1). For 0.25, 1 and 0.5: 0.25, 0.5, 1, 0.5, 0.25, 0.5, ...
 *
 * @throws {UserError} for shares, a factor or a budget out of range
 */
export function cyclicalShares(options: SharesOptions): number[] {
  const { start, end, factor, passes } = checked(options);
  const shares = [start];
  let rises = true;
  for (let spent = start; spent < passes; ) {
    const last = shares.at(-1)!;
    if (last <= start) rises = true;
    else if (last >= end) rises = false;
    const share = rises ? Math.min(last / factor, end) : Math.max(last * factor, start);
    shares.push(share);
    spent += share;
  }
  return shares;
}

function checked(options: SharesOptions): SharesOptions {
  const { start, end, factor, passes } = options;
  if (!(start > 0 && start <= end && end <= 1)) {
    throw new UserError(`shares must be 0 < start <= end <= 1: ${start} and ${end}`);
  }
  if (!(factor > 0 && factor < 1)) throw new UserError(`factor must lie between 0 and 1: ${factor}`);
  if (!(passes > 0)) throw new UserError(`passes must be positive: ${passes}`);
  return options;
}
