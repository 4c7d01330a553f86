import { randomInt, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Continuation, type ContinuationOptions, continuations } from '../students/continuations.js';
import type { LoadedLanguageModel } from '../students/load-language-model.js';
import type { ServeLimits, StudentRoutes } from './app.js';
import { createBatcher } from './batcher.js';
import { type CompletionLogs, completionLogs } from './completion-logs.js';
import type { ServerMetrics } from './metrics.js';
import { body, checkCount } from './requests.js';

const most = 4096;
const oneOrMore = (what: z.ZodString) => z.union([what, z.array(what).min(1)]);

/** What is taken of OpenAI's completions. Others of its members are refused rather than ignored, if they would change the answer. */
const completionsBody = z.object({
  prompt: oneOrMore(z.string()).default(''),
  max_tokens: z.int().min(1).max(most).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
  n: z.literal(1).nullish(),
  stream: z.literal(false).nullish(),
  echo: z.boolean().nullish(),
  logprobs: z.int().min(0).max(1).nullish(),
});

interface Job {
  readonly prompts: readonly string[];
  readonly options: ContinuationOptions;
  /** What is wanted of log-probabilities, if they are. */
  readonly logs: Parameters<typeof completionLogs>[3] | undefined;
}

interface Completed extends Continuation {
  readonly logs: CompletionLogs | null;
}

/** As OpenAI has them. */
const defaults = { maxTokens: 16, temperature: 1 };

/**
 * A language model behind HTTP: `POST /v1/completions` `{ prompt, max_tokens?, temperature?, top_p?, seed?, stop?, echo?, logprobs? }` gives
 * `{ object: "text_completion", choices: [{ text, index, finish_reason }], usage, ... }`, as OpenAI's endpoint does. The prompts of a
 * request are run together, requests one after the other. There is no chat: these models have no chat template.
 */
export function completionRoutes(
  student: LoadedLanguageModel,
  { maxBatch, maxQueue }: ServeLimits,
  metrics: ServerMetrics,
): StudentRoutes {
  const complete = async ({ prompts, options, logs }: Job): Promise<Completed[]> => {
    const answers = await continuations(student, prompts, options);
    const found: Completed[] = [];
    for (const [i, answer] of answers.entries()) {
      const own = logs ? await completionLogs(student, prompts[i]!, answer.ids, logs) : null;
      found.push({ ...answer, logs: own });
    }
    return found;
  };
  const batcher = createBatcher<Job, Completed[]>(async ([job]) => [await complete(job!)], {
    maxBatch: 1,
    maxQueue,
    waitMilliseconds: 0,
  });
  return {
    input: 'text',
    get waiting() {
      return batcher.waiting;
    },
    addTo(app) {
      app.post('/v1/completions', async (c) => {
        const given = await body(c, completionsBody);
        const prompts = typeof given.prompt === 'string' ? [given.prompt] : given.prompt;
        checkCount(prompts, maxBatch);
        const stop = given.stop ?? [];
        const options: ContinuationOptions = {
          maxTokens: given.max_tokens ?? defaults.maxTokens,
          temperature: given.temperature ?? defaults.temperature,
          ...(given.top_p != null && { topP: given.top_p }),
          seed: given.seed ?? randomInt(2 ** 32),
          stop: typeof stop === 'string' ? [stop] : stop,
        };
        const logs =
          given.logprobs == null ? undefined : { echo: given.echo ?? false, top: given.logprobs > 0 };
        const [answers] = await batcher.submit([{ prompts, options, logs }]);
        metrics.batch(prompts.length);
        const total = (of: 'promptTokens' | 'tokens') =>
          answers!.reduce((sum, answer) => sum + answer[of], 0);
        const [before, after] = [total('promptTokens'), total('tokens')];
        return c.json({
          id: `cmpl-${randomUUID()}`,
          object: 'text_completion',
          created: Math.floor(Date.now() / 1000),
          model: student.description.preset,
          choices: answers!.map(({ text, reason, logs: own }, index) => ({
            text: given.echo ? prompts[index]! + text : text,
            index,
            logprobs: own,
            finish_reason: reason,
          })),
          usage: { prompt_tokens: before, completion_tokens: after, total_tokens: before + after },
        });
      });
    },
    close: () => batcher.close(),
  };
}
