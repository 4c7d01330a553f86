import { z } from 'zod';
import type { Suggestion, Suggestions } from '../students/suggestions.js';
import type { ServeLimits, StudentRoutes } from './app.js';
import { createBatcher } from './batcher.js';
import type { ServerMetrics } from './metrics.js';
import { body } from './requests.js';

const suggestBody = z.object({
  question: z.string().min(1),
  subject: z.string().optional(),
  grade: z.number().optional(),
  language: z.string().optional(),
  count: z.int().min(1).max(100).default(5),
});

type Request = z.output<typeof suggestBody>;

/**
 * Suggestions behind HTTP: `POST /suggest` `{ question, subject?, grade?, language?, count? }` gives
 * `{ suggestions: [{ id, title, score }] }`, best first.
 */
export function suggestionRoutes(
  suggestions: Suggestions,
  { maxBatch, maxQueue, batchWait: waitMilliseconds }: ServeLimits,
  metrics: ServerMetrics,
): StudentRoutes {
  const batcher = createBatcher<Request, Suggestion[]>(
    (asked) => Promise.all(asked.map((one) => suggestions.suggest(one.question, one, one.count))),
    { maxBatch, maxQueue, waitMilliseconds, onBatch: metrics.batch },
  );
  return {
    input: 'text',
    get waiting() {
      return batcher.waiting;
    },
    addTo(app) {
      app.post('/suggest', async (c) => {
        const [found] = await batcher.submit([await body(c, suggestBody)]);
        return c.json({ suggestions: found });
      });
    },
    close: () => batcher.close(),
  };
}
