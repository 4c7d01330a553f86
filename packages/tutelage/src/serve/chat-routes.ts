import { randomInt, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type ChatCompletion, type CompleteChatOptions, completeChat } from '../language/complete-chat.js';
import type { LocalLanguageModel } from '../language/local-llm.js';
import type { ServeLimits, StudentRoutes } from './app.js';
import { createBatcher } from './batcher.js';
import type { ServerMetrics } from './metrics.js';
import { body } from './requests.js';

const messageSchema = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });

/** What is taken of OpenAI's chat completions. Others of its members are refused rather than ignored, if they would change the answer. */
const chatBody = z.object({
  messages: z.array(messageSchema).min(1),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  seed: z.int().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  n: z.literal(1, 'one answer at a time').nullish(),
  stream: z.literal(false, 'streams are not sent').nullish(),
  response_format: z.object({ type: z.literal('text', 'response_format: only text') }).nullish(),
  tools: z.array(z.unknown()).max(0, 'tools are not called').nullish(),
});

interface Job {
  readonly messages: z.infer<typeof chatBody>['messages'];
  readonly options: CompleteChatOptions;
}

/** As OpenAI has it, but for the length, which is the model's there. */
const defaults = { maxTokens: 256, temperature: 1 };

/**
 * A language model with a chat template behind HTTP, in the manner of OpenAI: `POST /v1/chat/completions` `{ messages, max_tokens?,
 * temperature?, seed?, logprobs?, top_logprobs? }`, one conversation after the other, and `GET /v1/models`. Alternatives are listed in
 * place of the answer's first token alone.
 */
export function chatRoutes(
  model: LocalLanguageModel,
  name: string,
  { maxQueue }: Pick<ServeLimits, 'maxQueue'>,
  metrics: ServerMetrics,
): StudentRoutes {
  const batcher = createBatcher<Job, ChatCompletion>(
    async ([job]) => [await completeChat(model, job!.messages, job!.options)],
    { maxBatch: 1, maxQueue, waitMilliseconds: 0 },
  );
  return {
    input: 'chat',
    get waiting() {
      return batcher.waiting;
    },
    addTo(app) {
      app.get('/v1/models', (c) => c.json({ object: 'list', data: [{ id: name, object: 'model' }] }));
      app.post('/v1/chat/completions', async (c) => {
        const given = await body(c, chatBody);
        const options: CompleteChatOptions = {
          maxTokens: given.max_tokens ?? given.max_completion_tokens ?? defaults.maxTokens,
          temperature: given.temperature ?? defaults.temperature,
          seed: given.seed ?? randomInt(2 ** 32),
          alternatives: given.logprobs ? (given.top_logprobs ?? 0) : 0,
        };
        const [answer] = await batcher.submit([{ messages: given.messages, options }]);
        metrics.batch(1);
        return c.json(completionOf(answer!, given.logprobs ?? false, name));
      });
    },
    close: () => batcher.close(),
  };
}

function completionOf(
  { text, finish, promptTokens, tokens, alternatives }: ChatCompletion,
  logprobs: boolean,
  model: string,
) {
  const chances = tokens.map((one, i) => ({ ...one, top_logprobs: i === 0 ? alternatives : [] }));
  const total = promptTokens + tokens.length;
  return {
    id: `chatcmpl-${randomUUID()}`,
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
    usage: { prompt_tokens: promptTokens, completion_tokens: tokens.length, total_tokens: total },
  };
}
