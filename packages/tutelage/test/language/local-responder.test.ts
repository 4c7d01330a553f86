import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cappedResponder } from '../../src/language/capped-responder.js';
import { chatMl } from '../../src/language/chat/format.js';
import { completeChat } from '../../src/language/complete-chat.js';
import { fewShot } from '../../src/language/few-shot.js';
import { llamaDecoder } from '../../src/language/generate/decoder.js';
import { type LocalLanguageModel, localModel } from '../../src/language/local-llm.js';
import { localResponder } from '../../src/language/local-responder.js';
import { rememberedResponder } from '../../src/language/remembered-responder.js';
import { labelForms, type Responder } from '../../src/language/responder.js';
import { ggufTokenizer } from '../../src/language/tokenizer/gguf-tokenizer.js';
import { chatApp } from '../../src/serve/app.js';
import { testFolder } from '../tasks/folder.js';
import { tinyConfig, tinyParams } from './tiny-llama.js';

const letters = Array.from({ length: 93 }, (_, i) =>
  i === 0 ? 'Ċ' : i === 1 ? 'Ġ' : String.fromCharCode(31 + i),
);
const metadata = new Map<string, string | number | string[] | number[]>([
  ['tokenizer.ggml.model', 'gpt2'],
  ['tokenizer.ggml.pre', 'smollm'],
  ['tokenizer.ggml.tokens', ['<|im_start|>', '<|im_end|>', ...letters, 'ab']],
  ['tokenizer.ggml.token_type', [3, 3, ...letters.map(() => 1), 1]],
  ['tokenizer.ggml.merges', ['a b']],
  ['tokenizer.ggml.eos_token_id', 1],
]);
const signal = new AbortController().signal;
const ask = (text: string) => [{ role: 'user' as const, content: text }];
const folder = testFolder();

let model: LocalLanguageModel;
beforeAll(async () => {
  const decoder = await llamaDecoder(tinyParams, tinyConfig, tinyConfig.positions, { threads: 1 });
  model = localModel(decoder, ggufTokenizer({ metadata }), chatMl());
});
afterAll(() => model.release());

const fresh = () => localResponder(model, 'tiny', async () => {});

test('few shots', () => {
  const shown = fewShot('Be brief.', [{ asked: '1+1', answered: '2' }], '2+2');
  expect(shown.map(({ role, content }) => `${role}: ${content}`)).toEqual([
    'system: Be brief.',
    'user: 1+1',
    'assistant: 2',
    'user: 2+2',
  ]);
  expect(labelForms('yes')).toEqual(['yes', ' yes', 'Yes', ' Yes', 'YES', ' YES']);
});

test('no more conversations are answered than the cap allows', async () => {
  const capped = cappedResponder(fresh(), 3);
  const first = await capped.respond([ask('a'), ask('b')], { maxTokens: 2, signal });
  expect(first.map(({ kind }) => kind)).toEqual(['text', 'text']);
  const second = await capped.respond([ask('a'), ask('b')], { maxTokens: 2, signal });
  expect(second).toEqual([first[0], { kind: 'missing', reason: 'over the cap on calls' }]);
  const labels = [{ messages: ask('a'), labels: ['x'] }];
  expect(await capped.labelProbabilities(labels, { signal })).toEqual([undefined]);
  expect(capped.calls()).toEqual({ made: 3, refused: 2 });
});

describe('a responder on this machine', () => {
  test('draws another answer in another trial, and the same in the same', async () => {
    const drawn = async (trial: number) =>
      fresh().respond([ask('cab')], { maxTokens: 12, sample: { temperature: 1, trial }, signal });
    const likeliest = await fresh().respond([ask('cab')], { maxTokens: 12, signal });
    expect(await drawn(1)).toEqual(await drawn(1));
    expect(await drawn(1)).not.toEqual(await drawn(2));
    expect(await drawn(1)).not.toEqual(likeliest);
  });

  test('what is remembered is of its trial', async () => {
    const path = join(folder.path, 'trials.jsonl');
    const remembering = rememberedResponder(fresh(), path, 'tiny');
    const drawn = (trial: number) =>
      remembering.respond([ask('cab')], { maxTokens: 12, sample: { temperature: 1, trial }, signal });
    const [one, two] = [await drawn(1), await drawn(2)];
    expect(one).not.toEqual(two);
    expect(await drawn(1)).toEqual(one);
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
  });

  const texts = ['cab 12', 'cab 19', 'cab', 'x', 'cab 12'];

  test('what conversations share changes nothing', async () => {
    const together = await fresh().respond(texts.map(ask), { maxTokens: 6, signal });
    const long = await fresh().respond(texts.map(ask), { maxTokens: 17, signal });
    for (const [i, text] of texts.entries()) {
      const alone = await model.chat(ask(text), { maxTokens: 6 });
      expect(together[i]).toEqual({ kind: 'text', text: alone });
      const batched = await model.chat(ask(text), { maxTokens: 17 });
      expect(long[i]).toEqual({ kind: 'text', text: batched });
    }
  });

  test('probabilities of labels are those of their forms', async () => {
    const questions = texts.map((text) => ({ messages: ask(text), labels: ['a', 'ba'] }));
    const rows = await fresh().labelProbabilities(questions, { signal });
    for (const [i, { messages }] of questions.entries()) {
      const prompt = model.encode(messages);
      const step = async (tokens: readonly number[]) => {
        const { probabilities } = await model.decoder.step(model.decoder.cache(1), [tokens]);
        return probabilities.slice();
      };
      const first = await step(prompt);
      const id = (token: string) => model.tokenizer.id(token)!;
      // The tiny tokenizer knows a and A as tokens of their own, with a blank before them neither.
      expect(rows[i]![0]).toBeCloseTo(first[id('a')]! + first[id('A')]!, 5);
      const second = await step([...prompt, id('b')]);
      expect(rows[i]![1]).toBeCloseTo((first[id('b')]! + second[id('a')]!) / 2, 5);
    }
  });

  test('what is too long for the model is no answer, and spoils no other', async () => {
    const responder = fresh();
    const [first, second] = await responder.respond([ask('x'.repeat(60)), ask('x')], {
      maxTokens: 6,
      signal,
    });
    expect(first).toEqual({ kind: 'missing', reason: 'longer than 64 tokens' });
    expect(second!.kind).toBe('text');
    const batch = await responder.respond([ask('x'.repeat(60)), ask('x')], { maxTokens: 20, signal });
    expect(batch.map(({ kind }) => kind)).toEqual(['missing', 'text']);
    const rows = await responder.labelProbabilities([{ messages: ask('x'.repeat(60)), labels: ['a'] }], {
      signal,
    });
    expect(rows).toEqual([undefined]);
  });
});

describe('a responder that remembers', () => {
  const counting = (): { responder: Responder; asked: string[] } => {
    const asked: string[] = [];
    const responder: Responder = {
      name: 'counting',
      respond: async (conversations) =>
        conversations.map((messages) => {
          const text = messages.at(-1)!.content;
          asked.push(text);
          return text === 'mute' ? { kind: 'missing', reason: 'mute' } : { kind: 'text', text: `${text}!` };
        }),
      labelProbabilities: async (questions) => {
        asked.push(...questions.map(({ messages }) => messages.at(-1)!.content));
        return questions.map(({ labels }) => labels.map((_, i) => 1 / (i + 2)));
      },
      spent: () => 0,
      close: async () => {},
    };
    return { responder, asked };
  };

  test('equal questions are asked once, also by the next process', async () => {
    const path = join(folder.path, 'answers.jsonl');
    const first = counting();
    const one = rememberedResponder(first.responder, path, 'model 1');
    const replies = await one.respond(['a', 'b', 'a', 'mute'].map(ask), { maxTokens: 5, signal });
    expect(first.asked).toEqual(
      ['a', 'b', 'mute'].toSorted((x, y) => first.asked.indexOf(x) - first.asked.indexOf(y)),
    );
    expect(replies.map((reply) => (reply.kind === 'text' ? reply.text : reply.kind))).toEqual([
      'a!',
      'b!',
      'a!',
      'missing',
    ]);
    await one.labelProbabilities([{ messages: ask('a'), labels: ['x', 'y'] }], { signal });

    // A killed process may have written half a line.
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"id":"ha`);
    const second = counting();
    const again = rememberedResponder(second.responder, path, 'model 1');
    expect(await again.respond(['a', 'b', 'a', 'mute'].map(ask), { maxTokens: 5, signal })).toMatchObject([
      { text: 'a!' },
      { text: 'b!' },
      { text: 'a!' },
      { kind: 'missing' },
    ]);
    expect(await again.labelProbabilities([{ messages: ask('a'), labels: ['x', 'y'] }], { signal })).toEqual([
      [1 / 2, 1 / 3],
    ]);
    expect(second.asked).toEqual([]);
    await again.respond([ask('a')], { maxTokens: 6, signal });
    await rememberedResponder(second.responder, path, 'model 2').respond([ask('b')], {
      maxTokens: 5,
      signal,
    });
    expect(second.asked).toEqual(['a', 'b']);
    expect(existsSync(path)).toBe(true);
  });
});

describe('served in the manner of OpenAI', () => {
  const limits = { maxBody: 5000, maxQueue: 2, maxBatch: 1, batchWait: 0 };
  const post = (body: unknown, type = 'application/json') =>
    new Request('http://local/v1/chat/completions', {
      method: 'POST',
      headers: { 'Content-Type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const body = { messages: ask('cab 12'), max_tokens: 8, temperature: 0 };

  test('answers as the model does, with counts and alternatives', async () => {
    const app = chatApp(model, 'tiny', limits);
    const response = await app.fetch(post({ ...body, logprobs: true, top_logprobs: 3 }));
    const answer = (await response.json()) as {
      choices: {
        message: { content: string };
        logprobs: { content: { top_logprobs: { logprob: number }[] }[] };
      }[];
      usage: Record<string, number>;
    };
    expect(answer.choices[0]!.message.content).toBe(await model.chat(body.messages, { maxTokens: 8 }));
    const prompt = model.encode(body.messages).length;
    expect(answer.usage.prompt_tokens).toBe(prompt);
    expect(answer.usage.total_tokens).toBe(prompt + answer.usage.completion_tokens!);
    const chances = answer.choices[0]!.logprobs.content[0]!.top_logprobs.map(({ logprob }) => logprob);
    expect(chances).toHaveLength(3);
    expect(chances).toEqual(chances.toSorted((a, b) => b - a));
    const { tokens } = await completeChat(model, body.messages, { maxTokens: 1, temperature: 0, seed: 0 });
    expect(chances[0]).toBeCloseTo(tokens[0]!.logprob, 4);
  });

  test('a seed draws the same answer again', async () => {
    const app = chatApp(model, 'tiny', limits);
    const say = async (seed: number) => {
      const response = await app.fetch(post({ ...body, temperature: 2, seed }));
      return ((await response.json()) as { choices: { message: { content: string } }[] }).choices[0]!.message
        .content;
    };
    expect(await say(1)).toBe(await say(1));
    expect(await say(1)).not.toBe(await say(2));
  });

  test.each([
    ['no messages', { messages: [] }, 400, 'messages'],
    ['a stream', { ...body, stream: true }, 400, 'stream: streams are not sent'],
    ['a schema', { ...body, response_format: { type: 'json_schema' } }, 400, 'response_format'],
    ['a conversation that is too long', { messages: ask('x'.repeat(80)) }, 400, 'too long for the model'],
    ['what is no JSON', '{', 400, 'not valid JSON'],
    ['a body that is too large', { messages: ask('x'.repeat(6000)) }, 413, 'body too large'],
  ])('%s is refused', async (_, content, status, message) => {
    const response = await chatApp(model, 'tiny', limits).fetch(post(content));
    expect(response.status).toBe(status);
    expect(JSON.stringify(await response.json())).toContain(message);
  });

  test('too many at once get 429, those after the end 503', async () => {
    const app = chatApp(model, 'tiny', limits);
    const all = await Promise.all(Array.from({ length: 5 }, () => app.fetch(post(body))));
    expect(all.map(({ status }) => status).toSorted()).toEqual([200, 200, 429, 429, 429]);
    await app.close();
    expect((await app.fetch(post(body))).status).toBe(503);
    expect((await app.fetch(post('x', 'text/plain'))).status).toBe(415);
  });
});
