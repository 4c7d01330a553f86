import { z } from 'zod';
import type { LoadedRetriever } from '../students/load-retriever.js';
import type { ServeLimits, StudentRoutes } from './app.js';
import { createBatcher } from './batcher.js';
import type { ServerMetrics } from './metrics.js';
import { body, checkCount } from './requests.js';

/** As OpenAI's embeddings have it; lists of token ids are not taken, since ids are each model's own. */
const embeddingsBody = z.object({
  input: z.union([z.string(), z.array(z.string()).min(1)]),
  encoding_format: z.enum(['float', 'base64']).default('float'),
});

/**
 * A retriever behind HTTP: `POST /v1/embeddings` `{ input: "..." or [...], encoding_format? }` gives
 * `{ object: "list", data: [{ object: "embedding", index, embedding }], model, usage }`, as OpenAI's endpoint does. Vectors have length
 * 1; in base64 they are little-endian float32.
 */
export function embeddingRoutes(
  student: LoadedRetriever,
  { maxBatch, maxQueue, batchWait: waitMilliseconds }: ServeLimits,
  metrics: ServerMetrics,
): StudentRoutes {
  const batcher = createBatcher<string, Float32Array>((texts) => student.embed(texts), {
    maxBatch,
    maxQueue,
    waitMilliseconds,
    onBatch: metrics.batch,
  });
  return {
    input: 'text',
    get waiting() {
      return batcher.waiting;
    },
    addTo(app) {
      app.post('/v1/embeddings', async (c) => {
        const { input, encoding_format: format } = await body(c, embeddingsBody);
        const inputs = typeof input === 'string' ? [input] : input;
        checkCount(inputs, maxQueue);
        const vectors = await batcher.submit(inputs);
        const data = vectors.map((vector, index) => ({
          object: 'embedding',
          index,
          embedding:
            format === 'base64' ? base64(vector) : Array.from(vector, (x) => Number(x.toPrecision(7))),
        }));
        const tokens = inputs.reduce((sum, text) => sum + student.tokens(text), 0);
        const usage = { prompt_tokens: tokens, total_tokens: tokens };
        return c.json({ object: 'list', data, model: student.description.preset, usage });
      });
    },
    close: () => batcher.close(),
  };
}

function base64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
