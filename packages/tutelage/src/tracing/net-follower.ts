import { z } from 'zod';
import type { Json } from '../core/curriculum.js';
import type { Interactions } from '../tasks/interactions/index.js';
import type { Follower, Item } from './tracer.js';
import { batchOf, type TracingBatch } from './windows.js';

/** An answer to one concept of an item. */
const rowSchema = z.object({
  question: z.int(),
  concept: z.int(),
  response: z.union([z.literal(0), z.literal(1)]),
  /** Whether it is the first of its answer. */
  first: z.boolean(),
});

type Row = z.output<typeof rowSchema>;

/**
 * Follows a learner with a net by the latest answers, as many as leave room for some questions in a window of `steps` rows: the cost
 * of an estimate is that of one window, however long the learner has been followed.
 */
export function windowFollower(
  net: { readonly steps: number; estimate(batch: TracingBatch): Promise<Float32Array> },
  kept?: Json,
): Follower {
  const { steps } = net;
  const room = Math.max(1, Math.floor(steps / 4));
  const history: Row[] =
    kept === undefined
      ? []
      : z
          .array(rowSchema)
          .parse(kept)
          .slice(room - steps);

  /** The first row of the answer that a row belongs to. */
  const firstOf = (i: number): number => (i > 0 && !history[i]!.first ? firstOf(i - 1) : i);

  /** Chances of at most `room` rows, none of which sees another. */
  const estimate = async (asked: readonly Row[]): Promise<Float32Array> => {
    const rows = [...history, ...asked];
    const data = {
      question: Int32Array.from(rows, ({ question }) => question),
      response: Uint8Array.from(rows, ({ response }) => response),
    } as Pick<Interactions, 'question' | 'response'>;
    const window = {
      row: Int32Array.from(rows, (_, i) => i),
      concept: Int32Array.from(rows, ({ concept }) => concept),
      before: Int32Array.from(rows, (_, i) => (i < history.length ? firstOf(i) : history.length)),
      scored: history.length,
    };
    return (await net.estimate(batchOf(data, [window], 1, steps))).slice(history.length, rows.length);
  };

  return {
    async probabilities(items) {
      const asked = items.flatMap(({ question, concepts }) =>
        Array.from(concepts, (concept): Row => ({ question, concept, response: 0, first: false })),
      );
      const chances = new Float32Array(asked.length);
      for (let start = 0; start < asked.length; start += room) {
        chances.set(await estimate(asked.slice(start, start + room)), start);
      }
      let at = 0;
      return Float32Array.from(items, ({ concepts }) => {
        const own = chances.subarray(at, at + concepts.length);
        at += concepts.length;
        return own.reduce((sum, p) => sum + p, 0) / own.length;
      });
    },
    async answer({ question, concepts }: Item, response) {
      concepts.forEach((concept, i) => {
        history.push({ question, concept, response, first: i === 0 });
      });
      history.splice(0, Math.max(0, history.length - (steps - room)));
    },
    state: () => history.map((row) => ({ ...row })),
  };
}
