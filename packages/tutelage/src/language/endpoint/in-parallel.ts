import { setMaxListeners } from 'node:events';
import type { Endpoint } from './client.js';

/**
 * Does something for each item, as many at a time as the endpoint takes. Calls under way are paid for: when one fails, the others finish
 * theirs before the error goes up.
 */
export async function inParallel<T, R>(
  endpoint: Pick<Endpoint, 'limits'>,
  items: readonly T[],
  signal: AbortSignal,
  onProgress: ((done: number) => void) | undefined,
  one: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  setMaxListeners(0, either);
  const results = new Array<R>(items.length);
  const queue = items.entries();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const [at, item] of queue) {
      either.throwIfAborted();
      results[at] = await one(item, either);
      done += 1;
      onProgress?.(done);
    }
  };
  const workers = Array.from({ length: Math.min(endpoint.limits.concurrency, items.length) }, () =>
    work().catch((error) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return results;
}
