import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { probabilities } from '../../src/assessment/probabilities.js';
import type { ChooseLabels } from '../../src/language/choose-labels.js';
import { createEndpoint, type Endpoint, type EndpointOptions } from '../../src/language/endpoint/client.js';
import { uniform } from '../../src/language/endpoint/hash.js';
import { captured } from '../../src/teachers/captured.js';
import { llmTeacher, localLlmTeacher } from '../../src/teachers/llm-teacher.js';
import { openSignals } from '../../src/teachers/signal-store.js';
import { fastClock } from '../language/endpoint/clocks.js';
import {
  type FakeServer,
  type Fault,
  PRICE,
  type Script,
  startFakeServer,
} from '../language/endpoint/fake-server.js';
import { textsOf } from './counting-teacher.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'llm-teacher-'));
const isEven = (prompt: string): boolean => Number(/text (\d+)/.exec(prompt)?.[1]) % 2 === 0;
const task = { labels: ['even', 'odd'], instructions: 'Is the number even or odd?' };

async function serve(script: Partial<Script> = {}): Promise<FakeServer> {
  const answer = (prompt: string) => JSON.stringify({ label: isEven(prompt) ? 'even' : 'odd' });
  const server = await startFakeServer({ answer, ...script });
  open.push(server);
  return server;
}

async function connect(server: FakeServer, options: Partial<EndpointOptions> = {}): Promise<Endpoint> {
  const endpoint = await createEndpoint({
    directory: newFolder(),
    model: 'm',
    baseURL: server.url,
    price: PRICE,
    clock: fastClock(1000),
    timeout: 2_000_000,
    ...options,
  });
  open.push(endpoint);
  return endpoint;
}

const rejections = (path: string): { id: string; reason: string; text: string }[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a language model behind a faulty endpoint', () => {
  test('labels each text once or lists it as rejected, and a rerun asks for the latter alone', async () => {
    const kinds: readonly Fault[] = ['429', '500', '503', 'drop', 'truncated', 'not-json'];
    let isFaulty = true;
    const fault: Script['fault'] = (id, nth, { messages }) => {
      if (!isFaulty) return 'ok';
      if (messages.at(-1)!.content.includes('text 7')) return 'malformed';
      if (uniform('fault', id, nth) >= 0.3) return 'ok';
      return kinds[Math.floor(uniform('kind', id, nth) * kinds.length)]!;
    };
    const server = await serve({ fault });
    const endpoint = await connect(server, { cap: 1 });
    const rejectedPath = join(newFolder(), 'rejected.jsonl');
    writeFileSync(rejectedPath, 'of an earlier run');
    const teacher = llmTeacher(endpoint, { ...task, retries: 0 }, { rejectedPath });
    expect(existsSync(rejectedPath)).toBe(false);
    expect(teacher.estimate(textsOf(60).map(({ example }) => example.input))).toMatchObject({
      calls: 60,
      cached: 0,
    });
    expect(server.calls).toHaveLength(0);

    const store = openSignals(newFolder());
    const wrapped = captured(teacher, store, { batchSize: 25 });
    const progress: number[] = [];
    const signals = await wrapped.teach(textsOf(60), { onProgress: (done) => progress.push(done) });
    expect(progress.at(-1)).toBe(60);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    const failed = signals.flatMap((signal, i) => (signal ? [] : [String(i)]));
    expect(failed).toContain('7');
    expect(failed.length).toBeLessThan(20);
    expect(
      rejections(rejectedPath)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(failed.sort());
    expect(rejections(rejectedPath)[0]).toMatchObject({
      reason: expect.any(String),
      text: expect.stringMatching(/^text \d+$/),
    });
    expect(teacher.report()).toEqual({ labelled: 60 - failed.length, rejected: failed.length, coverage: 1 });
    signals.forEach((signal, i) => {
      if (signal) expect(probabilities(signal.values)[i % 2]).toBeCloseTo(1, 6);
    });

    isFaulty = false;
    const calls = server.calls.length;
    await wrapped.teach(textsOf(60));
    const later = server.calls.slice(calls).map(({ body }) => body.messages.at(-1)!.content);
    for (const prompt of later) expect(failed).toContain(/text (\d+)/.exec(prompt)?.[1]);
    store.close();

    const texts = textsOf(60).map(({ example }) => example.input);
    const bill = teacher.bill([...texts, ...texts]);
    expect(bill.dollars, 'the bill of all texts is what was spent').toBe(endpoint.account().spent);
    expect(bill.calls).toBeLessThanOrEqual(server.calls.length);
    const parts = texts.map((text) => teacher.bill([text]));
    expect(parts.reduce((sum, { calls }) => sum + calls, 0)).toBe(bill.calls);
    expect(parts.reduce((sum, { inputTokens }) => sum + inputTokens, 0)).toBe(bill.inputTokens);
  });

  test('keeps its cap', async () => {
    const server = await serve();
    const teacher = llmTeacher(await connect(server, { cap: 0.002 }), task);
    const signals = await teacher.teach(textsOf(40));
    const { labelled, rejected } = teacher.report();
    expect([labelled + rejected, signals.filter(Boolean).length]).toEqual([40, labelled]);
    expect(Math.min(labelled, rejected)).toBeGreaterThan(0);
    expect(server.billed()).toBeLessThanOrEqual(0.002 * 1e9);
  });

  test('gives the shares of its samples, and never an infinite logarithm', async () => {
    let calls = 0;
    const server = await serve({
      answer: () => JSON.stringify({ label: calls++ % 4 === 0 ? 'odd' : 'even' }),
    });
    const teacher = llmTeacher(await connect(server), { ...task, samples: 4 });
    const [signal] = await teacher.teach(textsOf(1));
    expect(Array.from(probabilities(signal!.values))).toEqual([0.75, 0.25].map((p) => expect.closeTo(p, 6)));
    const sure = llmTeacher(await connect(await serve()), task);
    expect(Array.from((await sure.teach(textsOf(1)))[0]!.values)).toEqual([0, -30]);
  });

  test('has a fingerprint of all that is asked', async () => {
    const server = await serve();
    const endpoint = await connect(server);
    const other = await connect(server, { model: 'n' });
    const data = [{ text: 'text 4', label: 'even' }];
    const teachers = [
      llmTeacher(endpoint, task),
      llmTeacher(other, task),
      llmTeacher(endpoint, { ...task, instructions: 'Even?' }),
      llmTeacher(endpoint, { ...task, samples: 2 }),
      llmTeacher(endpoint, { ...task, fewShot: { data, perLabel: 1, seed: 1 } }),
      localLlmTeacher({ fingerprint: 'm', choose: async () => new Float32Array() }, task),
    ];
    expect(new Set(teachers.map(({ fingerprint }) => fingerprint)).size).toBe(teachers.length);
    expect(llmTeacher(endpoint, { ...task, retries: 9 }).fingerprint).toBe(teachers[0]!.fingerprint);
  });
});

describe('a language model on this machine', () => {
  const data = [
    { text: 'text 2', label: 'even' },
    { text: 'text 7', label: 'odd' },
  ];
  const fewShot = { data, perLabel: 1, seed: 1 };

  test('is asked with examples other than the text itself, and gives log-probabilities', async () => {
    const shown: string[][] = [];
    const model: ChooseLabels = {
      fingerprint: 'm',
      choose: async (text, labels, instructions, examples) => {
        expect([labels, instructions]).toEqual([task.labels, task.instructions]);
        shown.push(examples.map((example) => example.text).sort());
        return text === 'text 1' ? Float32Array.of(Number.NaN, 1) : Float32Array.of(0.75, 0.25);
      },
    };
    const rejectedPath = join(newFolder(), 'rejected.jsonl');
    const teacher = localLlmTeacher(model, { ...task, fewShot }, { rejectedPath });
    const signals = await teacher.teach(textsOf(3));
    expect(shown).toEqual([['text 2', 'text 7'], ['text 2', 'text 7'], ['text 7']]);
    expect(Array.from(probabilities(signals[0]!.values))).toEqual(
      [0.75, 0.25].map((p) => expect.closeTo(p, 6)),
    );
    expect(signals[1]).toBeUndefined();
    expect(rejections(rejectedPath)).toEqual([
      { id: '1', reason: 'probabilities that add up to NaN', text: 'text 1' },
    ]);
    expect(teacher.report()).toEqual({ labelled: 2, rejected: 1, coverage: 1 });
  });

  test('stops when told', async () => {
    const stop = new AbortController();
    const model: ChooseLabels = { fingerprint: 'm', choose: async () => Float32Array.of(1, 0) };
    const teacher = localLlmTeacher(model, task);
    const onProgress = (done: number) => done === 2 && stop.abort(new Error('stopped'));
    await expect(teacher.teach(textsOf(5), { signal: stop.signal, onProgress })).rejects.toThrow('stopped');
  });
});
