import { join } from 'node:path';
import { tensor } from '@tutelage/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEndpoint } from '../../src/language/endpoint/client.js';
import { endpointScorer } from '../../src/language/endpoint/scorer.js';
import { spannedText } from '../../src/language/tokenizer/spans.js';
import { trainByteBpe } from '../../src/language/tokenizer/train.js';
import { type ServeLimits, studentApp } from '../../src/serve/app.js';
import type { CompletionLogs } from '../../src/serve/completion-logs.js';
import { continuations } from '../../src/students/continuations.js';
import { distilByText } from '../../src/students/distil-by-text.js';
import { type LoadedLanguageModel, loadLanguageModel } from '../../src/students/load-language-model.js';
import { type LoadedRetriever, loadRetriever } from '../../src/students/load-retriever.js';
import { temporaryFolder } from '../students/helpers.js';
import { shippedLanguageModel, shippedRetriever, texts } from '../students/shipped.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const root = temporaryFolder();
const limits: ServeLimits = { maxBody: 2000, maxQueue: 8, maxBatch: 4, batchWait: 1 };
let retriever: LoadedRetriever;
let model: LoadedLanguageModel;

beforeAll(async () => {
  await shippedRetriever(join(root, 'retriever'));
  await shippedLanguageModel(join(root, 'lm'));
  retriever = await loadRetriever(join(root, 'retriever'));
  model = await loadLanguageModel(join(root, 'lm'));
});
afterAll(() => Promise.all([retriever?.dispose(), model?.dispose()]));

const post = (path: string, body: unknown): Request =>
  new Request(`http://local${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

interface Embeddings {
  readonly object: string;
  readonly model: string;
  readonly data: readonly { object: string; index: number; embedding: number[] | string }[];
  readonly usage: { prompt_tokens: number; total_tokens: number };
}

describe('a retriever', () => {
  const embeddings = async (body: unknown): Promise<Embeddings> => {
    const response = await studentApp(retriever, limits).fetch(post('/v1/embeddings', body));
    expect(response.status).toBe(200);
    return (await response.json()) as Embeddings;
  };

  test('embeds as OpenAI does, in numbers or base64', async () => {
    const expected = await retriever.embed(texts);
    const { object, model: name, data, usage } = await embeddings({ model: 'any', input: texts });
    expect([object, name]).toEqual(['list', 'retriever-small']);
    expect(usage.total_tokens).toBe(texts.reduce((sum, text) => sum + retriever.tokens(text), 0));
    data.forEach(({ object: kind, index, embedding }, i) => {
      expect([kind, index]).toEqual(['embedding', i]);
      expect(embedding).toEqual(Array.from(expected[i]!, (x) => expect.closeTo(x, 5)));
    });
    const coded = await embeddings({ input: texts[0], encoding_format: 'base64' });
    const bytes = Buffer.from(coded.data[0]!.embedding as string, 'base64');
    const decoded = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
    expect(decoded).toEqual(Array.from(expected[0]!, (x) => expect.closeTo(x, 5)));
  });

  test.each([
    ['nothing', {}, 400],
    ['an empty list', { input: [] }, 400],
    ['token ids', { input: [1, 2] }, 400],
    ['another format', { input: 'x', encoding_format: 'hex' }, 400],
    ['more than may wait', { input: Array(9).fill('x') }, 413],
    ['a large body', { input: 'x'.repeat(3000) }, 413],
  ])('%s gets %3$i', async (_, body, status) => {
    const response = await studentApp(retriever, limits).fetch(post('/v1/embeddings', body));
    expect(response.status).toBe(status);
  });

  test('has no routes of other kinds, but health and metrics', async () => {
    const app = studentApp(retriever, limits);
    expect((await app.fetch(post('/predict', { inputs: ['x'] }))).status).toBe(404);
    const health = await app.fetch(new Request('http://local/health'));
    expect(await health.json()).toMatchObject({ status: 'ok', kind: 'retriever', input: 'text' });
    await app.fetch(post('/v1/embeddings', { input: texts }));
    const metrics = await (await app.fetch(new Request('http://local/metrics'))).text();
    expect(metrics).toContain('tutelage_requests_total{route="/v1/embeddings",status="200"} 1');
    expect(metrics).toContain('tutelage_predictions_total 3');
    await app.close();
    expect((await app.fetch(post('/v1/embeddings', { input: 'x' }))).status).toBe(503);
  });
});

interface Completion {
  readonly object: string;
  readonly choices: readonly { text: string; index: number; finish_reason: string }[];
  readonly usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

describe('a language model', () => {
  test('completes as OpenAI does, the same for the same seed', async () => {
    const app = studentApp(model, limits);
    const body = { prompt: ['where is', 'a wing'], max_tokens: 5, temperature: 0.7, seed: 3 };
    const complete = async (more = {}) =>
      (await (await app.fetch(post('/v1/completions', { ...body, ...more }))).json()) as Completion;
    const [first, again, echoed] = [await complete(), await complete(), await complete({ echo: true })];
    const expected = await continuations(model, body.prompt, { maxTokens: 5, temperature: 0.7, seed: 3 });
    expect(first.object).toBe('text_completion');
    expect(first.choices.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
    expect(again.choices).toEqual(first.choices);
    expect(echoed.choices[1]!.text).toBe(`a wing${first.choices[1]!.text}`);
    expect(first.usage.completion_tokens).toBe(expected.reduce((sum, { tokens }) => sum + tokens, 0));
    expect(first.usage.total_tokens).toBe(first.usage.completion_tokens + first.usage.prompt_tokens);
  });

  test('greedy answers need no seed, and an empty prompt none either', async () => {
    const app = studentApp(model, limits);
    const response = await app.fetch(post('/v1/completions', { max_tokens: 3, temperature: 0 }));
    const [expected] = await continuations(model, [''], { maxTokens: 3, temperature: 0, seed: 0 });
    expect(((await response.json()) as Completion).choices[0]!.text).toBe(expected!.text);
  });

  test.each([
    ['a stream', { prompt: 'x', stream: true }, 400],
    ['several answers', { prompt: 'x', n: 2 }, 400],
    ['too many tokens', { prompt: 'x', max_tokens: 100_000 }, 400],
    ['a negative temperature', { prompt: 'x', temperature: -1 }, 400],
    ['more prompts than a batch', { prompt: Array(5).fill('x') }, 413],
    ['a chat, which it has no template for', undefined, 404],
  ])('%s gets %3$i', async (_, body, status) => {
    const app = studentApp(model, limits);
    const path = body === undefined ? '/v1/chat/completions' : '/v1/completions';
    const response = await app.fetch(post(path, body ?? { messages: [{ role: 'user', content: 'x' }] }));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
  });

  test('takes any whole number as a seed', async () => {
    const app = studentApp(model, limits);
    for (const seed of [-1, 2 ** 40]) {
      const response = await app.fetch(post('/v1/completions', { prompt: 'x', max_tokens: 1, seed }));
      expect(response.status).toBe(200);
    }
  });

  describe('is a teacher of texts', () => {
    const scorer = async (directory: string, say: (message: string) => void) => {
      const app = studentApp(model, limits);
      const endpoint = await createEndpoint({
        directory: join(root, directory),
        model: 'lm-small',
        baseURL: 'http://local/v1',
        fetch: async (url, options) => app.fetch(new Request(url, options)),
      });
      return { endpoint, score: (await endpointScorer(endpoint, say))! };
    };
    const { signal } = new AbortController();

    test('by the log-probabilities of their tokens', async () => {
      const said: string[] = [];
      const { endpoint, score } = await scorer('scored', (message) => said.push(message));
      expect(said).toEqual(['lm-small at http://local/v1 gives log-probabilities of given tokens (echo)']);
      const lesson = { prompt: 'where', answer: ' é 🙂 is' };
      const [scored] = await score([lesson], signal);
      await endpoint.close();
      const { tokens, ends } = spannedText(model.tokenizer, lesson.prompt + lesson.answer);
      const logits = await model.logits(tensor(Int32Array.from(tokens), [1, tokens.length]));
      const own = tokens.slice(1).map((token, i) => {
        const row = Array.from(logits.subarray(i * model.vocabulary, (i + 1) * model.vocabulary));
        return row[token]! - Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
      });
      expect(scored!.logProbabilities).toEqual([undefined, ...own.map((log) => expect.closeTo(log, 4))]);
      // Parts of a character end together, since a server has no text for them.
      expect(scored!.ends).toEqual(ends.map((end) => scored!.ends.find((at) => at >= end)));
      expect(new Set(scored!.ends).size).toBeGreaterThan(3);
    });

    test('for a student with another tokenizer', async () => {
      const { endpoint, score } = await scorer('distilled', () => {});
      const tokenizer = trainByteBpe(['quite another text'], { vocabulary: 262 });
      const losses: number[] = [];
      await distilByText({
        teacher: score,
        student: tinyCausalModel(tokenizer, 6),
        lessons: texts.map((text) => ({ prompt: text.slice(0, 4), answer: text.slice(4) })),
        epochs: 25,
        temperature: 20,
        learningRate: 0.02,
        loraRank: 0,
        rowsABatch: 4,
        length: 64,
        seed: 1,
        signal,
        onStep: (_: number, loss: number) => losses.push(loss),
      });
      await endpoint.close();
      expect(losses.at(-1)).toBeLessThan(0.2 * losses[0]!);
    });
  });

  test('says so of its own tokens as well, and of the likeliest in their places', async () => {
    const app = studentApp(model, limits);
    const body = { prompt: 'a wing', max_tokens: 4, temperature: 0, logprobs: 1 };
    const choice = async (more: object) => {
      const response = await app.fetch(post('/v1/completions', { ...body, ...more }));
      return ((await response.json()) as { choices: { text: string; logprobs: CompletionLogs }[] })
        .choices[0]!;
    };
    const [own, echoed] = [(await choice({})).logprobs, (await choice({ echo: true })).logprobs];
    expect(own.tokens).toHaveLength(4);
    expect(echoed.tokens.slice(-4)).toEqual(own.tokens);
    expect(echoed.token_logprobs.slice(-4)).toEqual(own.token_logprobs);
    expect(echoed.text_offset.slice(-4)).toEqual(own.text_offset);
    // The likeliest token is the one that is taken at temperature 0.
    own.top_logprobs!.forEach((best, i) => {
      expect(best).toEqual({ [own.tokens[i]!]: own.token_logprobs[i] });
    });
    const without = await choice({ logprobs: 0 });
    expect(without.logprobs).toEqual({ ...own, top_logprobs: null });
  });
});
