import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { pixelsOf } from '../students/image-input.js';
import type { LoadedStudent, Prediction } from '../students/load-student.js';
import { type BatcherOptions, createBatcher, Refused } from './batcher.js';
import { createServerMetrics } from './metrics.js';

export interface ServeLimits {
  /** Bytes of a request's body. */
  readonly maxBody: number;
  /** Inputs that may wait; more than that get 429. */
  readonly maxQueue: number;
  /** Inputs that are run together. */
  readonly maxBatch: number;
  /** How long an input waits for others to be run with, in milliseconds. */
  readonly batchWait: number;
}

export interface StudentApp {
  fetch(request: Request): Response | Promise<Response>;
  /** Refuses new inputs, with 503, and waits for those that were taken. */
  close(): Promise<void>;
}

const predictBody = z.object({ inputs: z.array(z.string()) });
const classifyBody = z.object({ input: z.union([z.string(), z.array(z.string())]) });

/** What can go wrong with a request: a status and a message. */
class Problem extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    message: string,
  ) {
    super(message);
  }
}

/**
 * A student behind HTTP.
 *
 * - `POST /predict` `{ inputs: [...] }` gives `{ predictions: [{ label, probability, probabilities }] }`
 * - `POST /v1/classify` `{ input: "..." or [...] }` gives a list in OpenAI's manner, `{ object: "list", model, data: [...] }`
 * - `GET /health`, and `GET /metrics` for Prometheus
 *
 * Inputs are texts or, for students of images, image files in base64. Errors are `{ error: { message } }`: 400 for a request that
 * can't be understood, 413 for one that is too large, 415 for other than JSON, 429 when too many inputs wait, 503 on shutting down.
 */
export function studentApp(student: LoadedStudent, limits: ServeLimits): StudentApp {
  const metrics = createServerMetrics();
  const { maxBatch, maxQueue, batchWait: waitMilliseconds } = limits;
  const answers = answersOf(student, { maxBatch, maxQueue, waitMilliseconds, onBatch: metrics.batch });
  const answer = (inputs: readonly string[]): Promise<Prediction[]> => {
    if (inputs.length > maxQueue) throw new Problem(413, `too many inputs: at most ${maxQueue}`);
    return answers.submit(inputs);
  };
  const model = student.description.preset;
  let isClosing = false;
  const app = new Hono();

  app.use(async (c, next) => {
    const start = performance.now();
    await next();
    const route = c.res.status === 404 ? 'unknown' : c.req.path;
    metrics.request(route, c.res.status, (performance.now() - start) / 1000);
  });
  app.use(
    bodyLimit({
      maxSize: limits.maxBody,
      onError: () => {
        throw new Problem(413, `body too large: at most ${limits.maxBody} bytes`);
      },
    }),
  );
  app.onError((error, c) => problemResponse(c, error));
  app.notFound((c) => c.json({ error: { message: `no such route: ${c.req.method} ${c.req.path}` } }, 404));

  app.get('/health', (c) =>
    c.json({ status: isClosing ? 'closing' : 'ok', model, input: student.input }, isClosing ? 503 : 200),
  );
  app.get('/metrics', (c) => c.text(metrics.text(answers.waiting)));
  app.post('/predict', async (c) => {
    const { inputs } = await body(c, predictBody);
    const predictions = (await answer(inputs)).map((prediction) => shown(student, prediction));
    return c.json({ predictions });
  });
  app.post('/v1/classify', async (c) => {
    const { input } = await body(c, classifyBody);
    const predictions = await answer(typeof input === 'string' ? [input] : input);
    const data = predictions.map((prediction, index) => ({
      object: 'classification',
      index,
      ...shown(student, prediction),
    }));
    return c.json({ object: 'list', model, data });
  });

  return {
    fetch: (request) => app.fetch(request),
    async close() {
      isClosing = true;
      await answers.close();
    },
  };
}

async function body<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const type = c.req.header('content-type') ?? '';
  // Other types a browser would send from any page without asking first.
  if (!/^application\/json\b/i.test(type)) throw new Problem(415, 'content-type must be application/json');
  let content: unknown;
  try {
    content = JSON.parse(await c.req.text());
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(400, 'the body is not valid JSON');
  }
  const checked = schema.safeParse(content);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new Problem(400, `${issue?.path.join('.') || 'body'}: ${issue?.message}`);
}

interface Answers {
  readonly waiting: number;
  /** @throws {UserError} for an image that can't be read, {@link Refused} when too much waits */
  submit(inputs: readonly string[]): Promise<Prediction[]>;
  close(): Promise<void>;
}

/** The student's answers to inputs as requests hold them. Images are read before they wait: a bad one spoils no one else's batch. */
function answersOf(student: LoadedStudent, options: BatcherOptions): Answers {
  if (student.input === 'text') return createBatcher((texts) => student.predict(texts), options);
  const { format } = student;
  const batcher = createBatcher<Uint8Array, Prediction>((images) => student.predict(images), options);
  return {
    get waiting() {
      return batcher.waiting;
    },
    submit: async (inputs) =>
      batcher.submit(
        await Promise.all(inputs.map((input) => pixelsOf(Buffer.from(input, 'base64'), format))),
      ),
    close: () => batcher.close(),
  };
}

function shown({ labels }: LoadedStudent, { label, probabilities }: Prediction) {
  const rounded = Array.from(probabilities, (p) => Number(p.toPrecision(6)));
  return {
    label,
    probability: rounded[labels.indexOf(label)]!,
    probabilities: Object.fromEntries(labels.map((name, i) => [name, rounded[i]!])),
  };
}

function problemResponse(c: Context, error: Error): Response {
  const answer = (status: ContentfulStatusCode, message: string): Response =>
    c.json({ error: { message } }, status);
  if (error instanceof Problem) return answer(error.status, error.message);
  if (error instanceof UserError) return answer(400, error.message);
  if (!(error instanceof Refused)) return answer(500, 'internal error');
  c.header('Retry-After', '1');
  return answer(error.reason === 'full' ? 429 : 503, error.message);
}
