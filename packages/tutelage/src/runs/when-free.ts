import { setTimeout as sleep } from 'node:timers/promises';
import { BusyError } from '../core/errors.js';
import type { Progress } from './progress.js';

const pollMilliseconds = 200;

/**
 * Opens what one process at a time may hold. While another one does, this waits, and says so once.
 *
 * @throws the reason of `signal` when it is aborted, and what `open` throws for any other cause
 */
export async function whenFree<T>(
  open: () => T | Promise<T>,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Pick<Progress, 'say'> },
): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    signal.throwIfAborted();
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      const { message, detail, hint } = error;
      if (isFirst) {
        progress.say(['waiting for another process', message, detail, hint].filter(Boolean).join('\n  '));
      }
    }
    await sleep(pollMilliseconds);
  }
}
