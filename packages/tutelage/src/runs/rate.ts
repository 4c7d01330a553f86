/** Estimates how fast a run advances, and when it will be done. */
export interface RateEstimator {
  /** Tells that `done` steps are done at `now` (milliseconds on a clock that only runs forward). */
  observe(done: number, now: number): void;
  /** Tells that the time from the last observation to `now` went into something else, such as saving. */
  skip(now: number): void;
  /** Steps per second, or `undefined` as long as an estimate would be a guess. */
  rate(): number | undefined;
}

/** After this time an observation counts for 1/e of a new one: long against hiccups, short against a real change. */
const memoryMilliseconds = 30_000;
const leastMilliseconds = 1_000;
const leastSteps = 3;

/**
 * Steps per second as the quotient of two sums that forget exponentially with wall time: steps, and milliseconds.
 * Unlike a mean of single rates it is not pulled up by a few quick steps. The first step, in which graphs are compiled
 * and caches fill, is left out.
 *
 * @param done the steps that were done before.
 */
export function rateEstimator(done: number): RateEstimator {
  const first = done;
  let last: { done: number; time: number } | undefined;
  let steps = 0;
  let milliseconds = 0;
  let seenSteps = 0;
  let seenMilliseconds = 0;
  return {
    observe(done, now) {
      if (last !== undefined) {
        const elapsed = now - last.time;
        const kept = Math.exp(-elapsed / memoryMilliseconds);
        steps = steps * kept + (done - last.done);
        milliseconds = milliseconds * kept + elapsed;
        seenSteps += done - last.done;
        seenMilliseconds += elapsed;
      }
      if (done > first) last = { done, time: now };
    },
    skip(now) {
      if (last !== undefined) last = { ...last, time: now };
    },
    rate() {
      const enough = seenSteps >= leastSteps && seenMilliseconds >= leastMilliseconds;
      return enough ? (steps * 1000) / milliseconds : undefined;
    },
  };
}
