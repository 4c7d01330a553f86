import { type RateEstimator, rateEstimator } from 'tutelage/runs';

/** Tells how long runs will take, from when which of their steps were seen. */
export interface Rates {
  /** Seconds to the end of a run that is at `step` now; undefined where that would be a guess. */
  secondsLeft(id: string, step: number, total: number): number | undefined;
  /** To be called of runs that are not at work. */
  forget(id: string): void;
}

/** @param now milliseconds on a clock that only runs forward */
export function runRates(now: () => number = () => performance.now()): Rates {
  const seen = new Map<string, { estimator: RateEstimator; step: number }>();
  return {
    secondsLeft(id, step, total) {
      const known = seen.get(id);
      const rate = known && known.step <= step ? known : { estimator: rateEstimator(step), step };
      if (rate !== known) seen.set(id, rate);
      else if (step > known.step) known.estimator.observe(step, now());
      rate.step = step;
      const perSecond = rate.estimator.rate();
      return perSecond === undefined || total <= step ? undefined : (total - step) / perSecond;
    },
    forget: (id) => void seen.delete(id),
  };
}
