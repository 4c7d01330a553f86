import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bin, startNode, tickets, tutelage, workFolder } from './built.js';

const work = workFolder();
const count = 90;
let server: Server;
let address: string;
let calls = 0;
/** Authorizations that were given. */
const keys = new Set<string>();
/** The server answers when this resolves. */
let gate: Promise<void> = Promise.resolve();

/** An endpoint that knows the label of every ticket, and answers nonsense to one of them. */
beforeAll(async () => {
  const labels = new Map(tickets(count).map(({ text, label }) => [text, label]));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', async () => {
      calls++;
      keys.add(request.headers.authorization ?? '');
      await gate;
      const { model, messages } = JSON.parse(body) as { model: string; messages: { content: string }[] };
      const [text] = [...labels.keys()].filter((known) => messages.at(-1)!.content.includes(`\n${known}\n`));
      const isLost = text === undefined || text.endsWith(' 7') || model === 'fool';
      const label = isLost ? 'nonsense' : labels.get(text);
      const message = { role: 'assistant', content: JSON.stringify({ label }) };
      response.setHeader('Content-Type', 'application/json');
      response.end(
        JSON.stringify({
          id: 'x',
          object: 'chat.completion',
          created: 1,
          model: 'wise',
          choices: [{ index: 0, finish_reason: 'stop', message }],
          usage: { prompt_tokens: 50, completion_tokens: 8, total_tokens: 58 },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  writeFileSync(
    join(work.path, 'texts.csv'),
    `text\n${tickets(count)
      .map(({ text }) => `${text}\n`)
      .join('')}`,
  );
  writeFileSync(join(work.path, 'labels.txt'), 'account\nbilling\nshipping\n');
});

afterAll(() => void server?.close());

test('a language model labels texts, once; the student learns from it, and what it could not label is listed', async () => {
  const words = [
    'distill',
    'texts.csv',
    '--labels',
    'labels.txt',
    '--teacher',
    'llm:wise',
    '--base-url',
    address,
  ];
  const first = await tutelage([...words, '--epochs', '10', '--json'], work.path);
  expect(first.stderr).toMatch(/calls {3}90 \(0 more are answered already\)/);
  const { run, labels, arms, warnings, economy } = JSON.parse(first.stdout);
  expect(economy.teacher, 'each call is on the bill').toMatchObject({
    title: 'wise',
    asked: { examples: count },
    bill: { calls, inputTokens: 50 * calls, outputTokens: 8 * calls, dollars: 0 },
  });
  expect(labels).toEqual(['account', 'billing', 'shipping']);
  expect(arms).toMatchObject([{ id: 'student' }]);
  expect(warnings).toEqual([
    expect.stringContaining('accuracy means agreement with the teacher'),
    'the teacher has no answer to 1 of 90 examples',
  ]);
  const rejected = readFileSync(join(run, 'not-labelled.jsonl'), 'utf8').trim().split('\n');
  expect(rejected.map((line) => JSON.parse(line))).toMatchObject([{ text: expect.stringMatching(/ 7$/) }]);

  const before = calls;
  const second = await tutelage([...words, '--epochs', '2', '--json'], work.path);
  expect(second.code).toBe(0);
  expect(calls - before, 'answers on file are not asked for again').toBeLessThanOrEqual(3);
});

test('of two runs with one teacher the second waits, can be interrupted, and pays for nothing twice', async () => {
  let open = (): void => {};
  gate = new Promise((resolve) => {
    open = resolve;
  });
  const words = ['distill', 'texts.csv', '--labels', 'labels.txt', '--teacher', 'llm:sage', '--epochs', '2'];
  const start = () => startNode([bin, ...words, '--base-url', address, '--out', 'both'], work.path);
  const before = calls;
  const first = start();
  while (calls === before) await new Promise((resolve) => setTimeout(resolve, 20));
  const interrupted = start();
  await interrupted.says(/waiting for another process\n {2}journal in use: by process \d+/);
  interrupted.kill('SIGINT');
  expect(await interrupted.ended).toMatchObject({
    code: 130,
    stderr: expect.stringMatching(/resume with: tutelage resume both/),
  });
  const second = start();
  await second.says(/waiting for another process/);
  open();
  const ended = await Promise.all([first.ended, second.ended]);
  expect(ended.map(({ code }) => code)).toEqual([0, 0]);
  // One text is answered by nonsense, and asked for again twice.
  expect(calls - before).toBe(count + 2);
});

test('a teacher that may cost something is not asked without consent', async () => {
  const elsewhere = ['--base-url', 'https://llm.invalid/v1', '--out', 'refused'];
  const words = ['distill', 'texts.csv', '--labels', 'labels.txt', '--teacher', 'llm:costly', ...elsewhere];
  const { code, stderr } = await tutelage(words, work.path);
  expect(code).toBe(1);
  expect(stderr).toMatch(/nobody is here to confirm\nhint: say --yes/);
});

test('a teacher that says nothing of use ends the run, with the reasons', async () => {
  const words = [
    'distill',
    'texts.csv',
    '--labels',
    'labels.txt',
    '--teacher',
    'llm:fool',
    '--out',
    'fooled',
  ];
  const { code, stderr } = await tutelage([...words, '--base-url', address], work.path);
  expect(code).toBe(1);
  const [, reasons] = /no answer to any example: fool\nhint: the reasons are in (.*)/.exec(stderr) ?? [];
  expect(readFileSync(reasons!, 'utf8')).toMatch(/malformed answer/);
});

describe('a provider of the AI SDK', () => {
  const words = ['distill', '../texts.csv', '--labels', '../labels.txt', '--epochs', '2', '--json'];
  const folder = (): string => join(work.path, 'project');

  /** A package as the user would install it, for the scripted endpoint. */
  beforeAll(() => {
    const place = join(folder(), 'node_modules', '@ai-sdk', 'scripted');
    mkdirSync(place, { recursive: true });
    writeFileSync(
      join(place, 'package.json'),
      '{"name":"@ai-sdk/scripted","type":"module","exports":"./index.js"}',
    );
    const compatible = import.meta.resolve('@ai-sdk/openai-compatible');
    writeFileSync(
      join(place, 'index.js'),
      `import { createOpenAICompatible } from ${JSON.stringify(compatible)};
export const createScripted = ({ apiKey = process.env.SCRIPTED_API_KEY } = {}) =>
  createOpenAICompatible({ name: 'scripted', baseURL: ${JSON.stringify(address)}, apiKey });
export const scripted = createScripted();
`,
    );
    const old = join(folder(), 'node_modules', '@ai-sdk', 'old');
    mkdirSync(old, { recursive: true });
    writeFileSync(
      join(old, 'index.js'),
      "exports.old = { languageModel: () => ({ specificationVersion: 'v2' }) };",
    );
  });

  test('that is installed teaches', async () => {
    keys.clear();
    const found = await tutelage([...words, '--teacher', 'llm:scripted/wise', '--yes'], folder(), '', {
      SCRIPTED_API_KEY: 'usual-key',
    });
    expect(found.code, found.stderr).toBe(0);
    expect(JSON.parse(found.stdout).economy.teacher).toMatchObject({ title: 'scripted/wise' });
    expect([...keys]).toEqual(['Bearer usual-key']);
    const named = ['--teacher', 'llm:scripted/sage', '--yes', '--api-key-env', 'MY_KEY'];
    expect((await tutelage([...words, ...named], folder(), '', { MY_KEY: 'another-key' })).code).toBe(0);
    expect([...keys]).toEqual(['Bearer usual-key', 'Bearer another-key']);
  });

  test.each([
    ['llm:absent/x', /not installed: @ai-sdk\/absent\nhint: npm install @ai-sdk\/absent/],
    ['llm:old/x', /@ai-sdk\/old is made for another version of the AI SDK\nhint: install one for AI SDK 6/],
    ['llm:gpt-x', /no address for the model: gpt-x\nhint: .*--base-url.*OPENAI_API_KEY/],
  ])('%s is told what is missing', async (teacher, message) => {
    const { code, stderr } = await tutelage([...words, '--teacher', teacher], folder(), '', {
      OPENAI_API_KEY: '',
    });
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });

  test('OpenAI-compatible servers are found by the usual variables', async () => {
    keys.clear();
    const environment = { OPENAI_API_KEY: 'openai-key', OPENAI_BASE_URL: address };
    const { code } = await tutelage([...words, '--teacher', 'llm:elder'], folder(), '', environment);
    expect(code).toBe(0);
    expect([...keys]).toEqual(['Bearer openai-key']);
  });
});
