import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
} from '../../../src/language/endpoint/client.js';
import { estimateLabelling, formatEstimate } from '../../../src/language/endpoint/estimate.js';
import { uniform } from '../../../src/language/endpoint/hash.js';
import { type LabellingTask, labelTexts, type RowLabel } from '../../../src/language/endpoint/labelling.js';
import { audit } from './audit.js';
import { fastClock } from './clocks.js';
import { type FakeServer, type Fault, PRICE, type Script, startFakeServer } from './fake-server.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

/** Labels by whether the text's number is even; texts look like `text 12`. */
const parity = (prompt: string) => (Number(/text (\d+)/.exec(prompt)?.[1]) % 2 === 0 ? 'even' : 'odd');

async function serve(script: Partial<Script> = {}): Promise<FakeServer> {
  const server = await startFakeServer({
    answer: (prompt) => JSON.stringify({ label: parity(prompt) }),
    ...script,
  });
  open.push(server);
  return server;
}

async function connect(server: FakeServer, options: Partial<EndpointOptions> = {}): Promise<Endpoint> {
  const endpoint = await createEndpoint({
    directory: mkdtempSync(join(tmpdir(), 'labelling-')),
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

function task(count: number, members: Partial<LabellingTask> = {}): LabellingTask {
  const texts = Array.from({ length: count }, (_, index) => `text ${index}`);
  return { texts, labels: ['even', 'odd'], instructions: 'Is the number even or odd?', ...members };
}

const even = { kind: 'labelled', distribution: [1, 0], coverage: 1 };
const odd = { kind: 'labelled', distribution: [0, 1], coverage: 1 };

const FAULTS: readonly Fault[] = [
  '429',
  '500',
  '503',
  'hang',
  'drop',
  'truncated',
  'not-json',
  'malformed',
  'foreign-label',
];

describe('a server that fails 30 % of its calls', () => {
  test('labels every row once or lists it as rejected, counts exactly, and a rerun costs nothing', async () => {
    const fault = (id: string, nth: number): Fault =>
      uniform('fault', id, nth) < 0.3 ? FAULTS[Math.floor(uniform('kind', id, nth) * FAULTS.length)]! : 'ok';
    const server = await serve({ fault });
    const directory = mkdtempSync(join(tmpdir(), 'labelling-'));
    const options = { directory, cap: 1, timeout: 300_000, limits: { concurrency: 32 } };
    const job = task(200);

    const endpoint = await connect(server, options);
    const rows = await labelTexts(endpoint, job);
    expect(rows).toHaveLength(200);
    for (const [index, row] of rows.entries()) {
      if (row.kind === 'labelled') expect(row).toEqual(index % 2 === 0 ? even : odd);
      else expect(row.reason).toMatch(/^(unknown: sent 2 times|malformed answer: )/);
    }
    const labelled = rows.filter((row) => row.kind === 'labelled').length;
    expect(labelled).toBeGreaterThan(170);
    const { spent, ends } = audit(directory, server);
    expect(endpoint.account()).toEqual({ spent: spent / 1e9, reserved: 0 });
    expect(server.billed()).toBeLessThanOrEqual(spent);
    // Each kind of end was met.
    expect(Math.min(...Object.values(ends))).toBeGreaterThan(3);
    await endpoint.close();

    const calls = server.calls.length;
    const again = await connect(server, options);
    expect(await labelTexts(again, job)).toEqual(rows);
    expect(server.calls).toHaveLength(calls);
    expect(again.account().spent).toBe(spent / 1e9);
  });

  test('never passes the cap, and lists the rows that it left', async () => {
    const server = await serve({ fault: (id, nth) => (uniform(id, nth) < 0.3 ? 'drop' : 'ok') });
    const directory = mkdtempSync(join(tmpdir(), 'labelling-'));
    const cap = 0.02;
    const endpoint = await connect(server, { directory, cap, limits: { concurrency: 64 } });
    const rows = await labelTexts(endpoint, task(200));
    const { spent } = audit(directory, server);
    expect(spent).toBeLessThanOrEqual(cap * 1e9);
    expect(rows.filter((row) => row.kind === 'rejected' && row.reason.startsWith('budget'))).not.toHaveLength(
      0,
    );
    expect(rows.filter((row) => row.kind === 'labelled')).not.toHaveLength(0);
  });
});

describe('labels', () => {
  test('malformed answers are asked anew up to the limit, then the row is set aside', async () => {
    const malformed: Script['fault'] = (_, __, body) => {
      const content = body.messages.at(-1)!.content;
      if (content.includes('text 1\n')) return 'malformed';
      return content.includes('text 2\n') && body.temperature === 0 ? 'foreign-label' : 'ok';
    };
    const server = await serve({ fault: malformed });
    const rows = await labelTexts(await connect(server), task(4, { retries: 3 }));
    expect(rows).toEqual([even, { kind: 'rejected', reason: 'malformed answer: "Hm."' }, even, odd]);
    expect(server.calls).toHaveLength(1 + 4 + 2 + 1);
  });

  test('several samples become shares', async () => {
    let calls = 0;
    const server = await serve({
      answer: () => JSON.stringify({ label: calls++ % 4 === 0 ? 'odd' : 'even' }),
    });
    const rows = await labelTexts(await connect(server), task(3, { samples: 4 }));
    expect(server.calls).toHaveLength(12);
    expect(server.calls[0]!.body.temperature).toBe(1);
    const sum = (index: number) =>
      rows.reduce((total, row) => total + (row.kind === 'labelled' ? row.distribution[index]! : 0), 0);
    expect([sum(0), sum(1)]).toEqual([2.25, 0.75]);
  });

  test('more samples later pay only for the new ones', async () => {
    const server = await serve();
    const endpoint = await connect(server);
    await labelTexts(endpoint, task(5, { samples: 2 }));
    await labelTexts(endpoint, task(5, { samples: 3 }));
    expect(server.calls).toHaveLength(15);
  });

  test('equal texts are asked once', async () => {
    const server = await serve();
    const rows = await labelTexts(await connect(server), task(0, { texts: ['text 3', 'text 3', 'text 3'] }));
    expect(rows).toEqual([odd, odd, odd]);
    expect(server.calls).toHaveLength(1);
  });

  test('come from plain text where the endpoint has no structured output', async () => {
    const server = await serve({
      fault: (_, __, body) => (body.response_format ? '400-schema' : 'ok'),
      answer: (prompt) => `The answer:\n\`\`\`json\n{"label": "${parity(prompt)}"}\n\`\`\``,
    });
    const endpoint = await connect(server);
    expect(await labelTexts(endpoint, task(20))).toEqual(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? odd : even)),
    );
    expect(server.calls.filter((call) => call.fault === 'ok')).toHaveLength(20);
  });

  test('come from log-probabilities', async () => {
    const topLogprobs = [
      { token: 'B', logprob: Math.log(0.6) },
      { token: ' A', logprob: Math.log(0.2) },
      { token: 'I', logprob: Math.log(0.1) },
    ];
    const server = await serve({ topLogprobs, answer: () => 'B' });
    const [row] = await labelTexts(await connect(server), task(1, { logprobs: true }));
    expect(row).toMatchObject({ kind: 'labelled' });
    const { distribution, coverage, unlistedAtMost } = row as Extract<RowLabel, { kind: 'labelled' }>;
    expect(distribution[0]).toBeCloseTo(0.25, 12);
    expect(coverage).toBeCloseTo(0.8, 12);
    expect(unlistedAtMost).toBeCloseTo(0.1, 12);
    expect(server.calls[0]!.body).toMatchObject({ max_tokens: 1, logprobs: true, top_logprobs: 20 });
    expect(server.calls[0]!.body.response_format).toBeUndefined();
  });

  test('are refused where log-probabilities are missing or about something else', async () => {
    const silent = await serve();
    await expect(labelTexts(await connect(silent), task(3, { logprobs: true }))).rejects.toThrow(
      'no log-prob',
    );
    const chatty = await serve({
      topLogprobs: [
        { token: 'The', logprob: -0.1 },
        { token: 'A', logprob: -5 },
      ],
    });
    const [row] = await labelTexts(await connect(chatty), task(1, { logprobs: true }));
    expect(row).toEqual({ kind: 'rejected', reason: 'only 0.7 % of the mass is on labels' });
  });

  test.each<[string, Partial<LabellingTask>]>([
    ['too few labels: 1', { labels: ['a'] }],
    ['label given twice: a', { labels: ['a', 'b', 'a'] }],
    ['invalid samples: 0', { samples: 0 }],
    ['choose one|both give soft labels', { samples: 2, logprobs: true }],
    ['too many labels for log-probabilities: 21', { logprobs: true, labels: [...'abcdefghijklmnopqrstu'] }],
  ])('%s', async (message, members) => {
    const server = await serve();
    await expect(labelTexts(await connect(server), task(1, members))).rejects.toThrow(new RegExp(message));
    expect(server.calls).toHaveLength(0);
  });
});

describe('a run', () => {
  test('reports its progress', async () => {
    const server = await serve({
      fault: (_, __, { messages }) => (messages.at(-1)!.content.includes('text 3') ? '400' : 'ok'),
    });
    const seen: { done: number; total: number; rejected: number; spent: number }[] = [];
    await labelTexts(await connect(server), task(6), { onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(seen.at(-1)).toEqual({ done: 6, total: 6, rejected: 1, spent: server.billed() / 1e9 });
  });

  test('that is aborted finishes the calls under way, starts no others, and goes on later', async () => {
    const server = await serve({ latency: 20 });
    const directory = mkdtempSync(join(tmpdir(), 'labelling-'));
    const endpoint = await connect(server, { directory, limits: { concurrency: 4 } });
    const abort = new AbortController();
    const onProgress = ({ done }: { done: number }) => done === 5 && abort.abort(new Error('stop'));
    await expect(labelTexts(endpoint, task(40), { onProgress, signal: abort.signal })).rejects.toThrow(
      'stop',
    );
    const before = server.calls.length;
    expect(before).toBeLessThan(12);
    expect(audit(directory, server).ends).toMatchObject({ unknown: 0, answered: before });
    const rows = await labelTexts(endpoint, task(40));
    expect(rows.every((row) => row.kind === 'labelled')).toBe(true);
    expect(server.calls).toHaveLength(40);
  });

  test('ends at the first denial rather than rejecting row after row', async () => {
    const server = await serve({ fault: () => '401' });
    await expect(labelTexts(await connect(server), task(100))).rejects.toThrow('denied by the endpoint');
    expect(server.calls.length).toBeLessThanOrEqual(8);
  });
});

describe('the estimate', () => {
  test('makes no call, bounds the bill, and shrinks to nothing once the rows are answered', async () => {
    const server = await serve();
    const endpoint = await connect(server, { limits: { concurrency: 8, requestsPerMinute: 30_000 } });
    const job = task(20, {
      samples: 2,
      fewShot: { data: [{ text: 'text 99', label: 'odd' }], perLabel: 1, seed: 1 },
    });
    const before = estimateLabelling(endpoint, job);
    expect(server.calls).toHaveLength(0);
    expect(before).toMatchObject({ calls: 40, cached: 0 });
    await labelTexts(endpoint, job);
    const spent = endpoint.account().spent;
    expect(before.dollars!.most).toBeGreaterThan(spent);
    expect(before.dollars!.expected).toBeGreaterThan(spent / 2);
    expect(before.dollars!.expected).toBeLessThan(spent * 2);
    expect(before.minutes).toBeGreaterThan(0);
    expect(formatEstimate(before)).toContain('calls   40 (0 more');
    expect(estimateLabelling(endpoint, job)).toMatchObject({
      calls: 0,
      cached: 40,
      inputTokens: 0,
      minutes: 0,
    });
  });
});
