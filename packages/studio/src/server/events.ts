import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { UserError } from 'tutelage';

/** An event to be sent; `id` is what the browser names when it comes back after an interruption. */
export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

const pollMilliseconds = 500;
/** A word now and then, so that a connection nobody listens to is noticed. */
const silenceMilliseconds = 15_000;

/**
 * Sends events until the browser leaves, or the server ends.
 *
 * @param poll what is new since it was called last; called twice a second
 */
export function events(c: Context, ending: AbortSignal, poll: () => readonly ServerEvent[]): Response {
  return streamSSE(c, async (stream) => {
    let quiet = 0;
    while (!stream.aborted && !stream.closed && !ending.aborted) {
      const news = polled(poll);
      if (news === undefined) break;
      quiet = news.length > 0 ? 0 : quiet + pollMilliseconds;
      for (const { event, data, id } of news) {
        await stream.writeSSE({ event, data: JSON.stringify(data), ...(id !== undefined && { id }) });
      }
      if (quiet >= silenceMilliseconds) {
        await stream.write(': still here\n\n');
        quiet = 0;
      }
      await delay(pollMilliseconds, undefined, { signal: ending }).catch(() => undefined);
    }
  });
}

/** What is new; undefined when what was looked at is gone, as a run that was deleted. */
function polled(poll: () => readonly ServerEvent[]): readonly ServerEvent[] | undefined {
  try {
    return poll();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** A function that gives a value's event when the value is another than the last time. */
export function changes<T>(event: string, read: () => T): () => ServerEvent[] {
  let last: string | undefined;
  return () => {
    const data = read();
    const text = JSON.stringify(data);
    if (text === last) return [];
    last = text;
    return [{ event, data }];
  };
}
