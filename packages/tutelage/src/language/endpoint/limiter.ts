import type { Clock } from './clock.js';

export interface Limits {
  /** Most calls under way at once. */
  readonly concurrency: number;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

/** Permission for one call. */
export interface Slot {
  /** Ends the call; `throttled` if the server asked for less, perhaps with a time to wait. */
  release(throttled?: { readonly retryAfter: number | undefined }): void;
}

export interface Limiter {
  /**
   * Waits for a turn, first come first served. Rejects when `signal` aborts.
   * @param tokens that the call is expected to use, in and out
   */
  acquire(tokens: number, signal?: AbortSignal): Promise<Slot>;
}

const MINUTE = 60_000;

/**
 * Limits calls by number under way, per minute and tokens per minute.
 *
 * The number under way follows additive increase, multiplicative decrease (Chiu and Jain, 1989): a window's worth of
 * successes adds one, a throttled call halves. Calls that started before the last halving say nothing new. Calls are
 * spaced evenly rather than sent in bursts, so no minute, wherever it starts, holds more than the limit plus one.
 * A `Retry-After` holds up all calls, since servers count by key and not by request.
 */
export function createLimiter(limits: Limits, clock: Clock): Limiter {
  let window = Math.min(8, limits.concurrency);
  let running = 0;
  let halvings = 0;
  let nextStart = 0;
  let timer: AbortController | undefined;
  const queue: { tokens: number; start: () => void }[] = [];

  function pump(): void {
    while (queue[0] && running < Math.floor(window) && !timer) {
      const wait = nextStart - clock.now();
      if (wait > 0) {
        wakeAfter(wait);
        return;
      }
      const { tokens, start } = queue.shift()!;
      running += 1;
      nextStart = clock.now() + spacing(limits, tokens);
      start();
    }
  }

  function wakeAfter(wait: number): void {
    timer = new AbortController();
    clock.sleep(wait, timer.signal).then(
      () => {
        timer = undefined;
        pump();
      },
      () => {},
    );
  }

  /** With nobody waiting, a long `Retry-After` must not keep the process alive. */
  function stopTimer(): void {
    timer?.abort();
    timer = undefined;
  }

  function slot(): Slot {
    const halvingsAtStart = halvings;
    return {
      release(throttled) {
        running -= 1;
        if (!throttled) window = Math.min(limits.concurrency, window + 1 / window);
        else if (halvings === halvingsAtStart) {
          halvings += 1;
          window = Math.max(1, window / 2);
        }
        if (throttled?.retryAfter) nextStart = Math.max(nextStart, clock.now() + throttled.retryAfter);
        pump();
      },
    };
  }

  return {
    acquire(tokens, signal) {
      return new Promise((resolve, reject) => {
        const abort = () => {
          queue.splice(queue.indexOf(waiter), 1);
          if (queue.length === 0) stopTimer();
          reject(signal?.reason);
        };
        const waiter = {
          tokens,
          start() {
            signal?.removeEventListener('abort', abort);
            resolve(slot());
          },
        };
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        signal?.addEventListener('abort', abort, { once: true });
        queue.push(waiter);
        pump();
      });
    },
  };
}

/** Milliseconds from one start to the next under the limits per minute. */
export function spacing({ requestsPerMinute, tokensPerMinute }: Limits, tokens: number): number {
  return Math.max(
    requestsPerMinute ? MINUTE / requestsPerMinute : 0,
    tokensPerMinute ? (MINUTE * tokens) / tokensPerMinute : 0,
  );
}
