import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type ChatCompletion, completeChat } from '../language/complete-chat.js';
import type { LocalLanguageModel } from '../language/local-llm.js';
import type { StudentApp } from './app.js';

export interface ChatLimits {
  /** Bytes of a request's body. */
  readonly maxBody: number;
  /** Conversations that may wait; more than that get 429. */
  readonly maxQueue: number;
}

const messageSchema = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });

const chatBody = z.object({
  messages: z.array(messageSchema).min(1),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).default(1),
  seed: z.int().default(0),
  logprobs: z.boolean().default(false),
  top_logprobs: z.int().min(0).max(20).default(0),
  n: z.literal(1, 'one answer at a time').optional(),
  stream: z.literal(false, 'streams are not sent').optional(),
  response_format: z.object({ type: z.literal('text', 'response_format: only text') }).optional(),
});

type ChatBody = z.infer<typeof chatBody>;

const tokensUnlessTold = 256;

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
 * A language model on this machine behind HTTP, in OpenAI's manner: one conversation at a time, in the order in which they came.
 *
 * - `POST /v1/chat/completions`: `messages`, `max_tokens`, `temperature`, `seed`, `logprobs` and `top_logprobs` (of the answer's
 *   first token); no streams, tools or schemas
 * - `GET /v1/models`, `GET /health`
 *
 * Errors are `{ error: { message } }`: 400 for a request that can't be understood or is too long for the model, 413 for one that is too
 * large, 429 when too many wait, 503 on shutting down.
 */
export function chatApp(model: LocalLanguageModel, name: string, limits: ChatLimits): StudentApp {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let isClosing = false;
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (isClosing) throw new Problem(503, 'shutting down');
    if (waiting >= limits.maxQueue) throw new Problem(429, 'too many conversations are waiting');
    waiting += 1;
    const result = last.then(work).finally(() => {
      waiting -= 1;
    });
    last = result.catch(() => {});
    return result;
  };
  const app = new Hono();
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
    c.json({ status: isClosing ? 'closing' : 'ok', model: name }, isClosing ? 503 : 200),
  );
  app.get('/v1/models', (c) => c.json({ object: 'list', data: [{ id: name, object: 'model' }] }));
  app.post('/v1/chat/completions', async (c) => {
    const asked = await bodyOf(c);
    const answer = await inTurn(() =>
      completeChat(model, asked.messages, {
        maxTokens: asked.max_tokens ?? asked.max_completion_tokens ?? tokensUnlessTold,
        temperature: asked.temperature,
        seed: asked.seed,
        alternatives: asked.logprobs ? asked.top_logprobs : 0,
      }),
    );
    return c.json(completionOf(answer, asked, name));
  });
  return {
    fetch: (request) => app.fetch(request),
    async close() {
      isClosing = true;
      await last;
    },
  };
}

async function bodyOf(c: Context): Promise<ChatBody> {
  // Other types a browser would send from any page without asking first.
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
    throw new Problem(415, 'content-type must be application/json');
  }
  let content: unknown;
  try {
    content = JSON.parse(await c.req.text());
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(400, 'the body is not valid JSON');
  }
  const checked = chatBody.safeParse(content);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new Problem(400, `${issue?.path.join('.') || 'body'}: ${issue?.message}`);
}

function completionOf(
  { text, finish, promptTokens, tokens, alternatives }: ChatCompletion,
  { logprobs }: ChatBody,
  model: string,
) {
  const chances = tokens.map((one, i) => ({ ...one, top_logprobs: i === 0 ? alternatives : [] }));
  return {
    id: 'chatcmpl-local',
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text },
        finish_reason: finish,
        logprobs: logprobs ? { content: chances } : null,
      },
    ],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokens.length,
      total_tokens: promptTokens + tokens.length,
    },
  };
}

function problemResponse(c: Context, error: Error): Response {
  if (error instanceof Problem) {
    if (error.status === 429) c.header('Retry-After', '1');
    return c.json({ error: { message: error.message } }, error.status);
  }
  if (error instanceof UserError) return c.json({ error: { message: error.message } }, 400);
  return c.json({ error: { message: 'internal error' } }, 500);
}
