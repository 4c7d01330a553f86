import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createEndpoint } from '../../../src/language/endpoint/client.js';
import { endpointResponder, samplesForProbabilities } from '../../../src/language/endpoint/responder.js';
import { testFolder } from '../../tasks/folder.js';
import { type Said, startScriptedChat } from './scripted-chat.js';

const folder = testFolder();
const signal = new AbortController().signal;
let said: Said = { text: '' };
const server = await startScriptedChat(({ messages }) => ({
  ...said,
  text: said.text || `re: ${messages.at(-1)!.content}`,
}));
afterAll(() => server.close());

const messages = [{ role: 'user' as const, content: 'Well?' }];
let made = 0;
const open = async (say: (message: string) => void = () => {}) =>
  endpointResponder(
    await createEndpoint({
      directory: join(folder.path, String(made++)),
      model: 'm',
      baseURL: server.url,
      price: { input: 1, output: 1 },
    }),
    say,
  );

test('answers in the order of the questions, and what they cost', async () => {
  said = { text: '' };
  const responder = await open();
  const texts = Array.from({ length: 20 }, (_, i) => `question ${i}`);
  const done: number[] = [];
  const replies = await responder.respond(
    texts.map((content) => [{ role: 'user' as const, content }]),
    { maxTokens: 5, signal, onProgress: (count) => void done.push(count) },
  );
  expect(replies).toEqual(texts.map((text) => ({ kind: 'text', text: `re: ${text}` })));
  expect(done).toEqual(texts.map((_, i) => i + 1));
  expect(responder.spent()).toBeCloseTo(20 * 11e-6, 9);
  await responder.close();
});

test('labels are read from the first token, whatever its form, if it can be the beginning of one alone', async () => {
  said = { text: 'Yes', first: { Yes: 0.5, ' yes': 0.1, no: 0.2, may: 0.05, n: 0.04, '': 0.01 } };
  const responder = await open();
  const labels = ['yes', 'no', 'maybe', 'never'];
  const [row] = await responder.labelProbabilities([{ messages, labels }], { signal });
  expect(row!.map((p) => Number(p.toFixed(3)))).toEqual([0.6, 0.2, 0.05, 0]);
  await responder.close();
});

test('without log-probabilities, shares of samples', async () => {
  said = { text: 'Yes, it is.' };
  const heard: string[] = [];
  const responder = await open((line) => void heard.push(line));
  const before = server.calls.length;
  const questions = [1, 2].map((i) => ({
    messages: [{ role: 'user' as const, content: `Well ${i}?` }],
    labels: ['yes', 'ye', 'no'],
  }));
  for (const question of questions) {
    expect(await responder.labelProbabilities([question], { signal })).toEqual([[1, 0, 0]]);
  }
  expect(heard).toHaveLength(1);
  expect(server.calls.length - before).toBe(1 + 2 * samplesForProbabilities);
  await responder.close();
});

test('an abort ends the questions that have not begun', async () => {
  const responder = await open();
  const stop = new AbortController();
  const questions = Array.from({ length: 50 }, (_, i) => [{ role: 'user' as const, content: `late ${i}` }]);
  const answers = responder.respond(questions, {
    maxTokens: 5,
    signal: stop.signal,
    onProgress: (done) => done === 3 && stop.abort(),
  });
  await expect(answers).rejects.toThrow();
  await responder.close();
});
