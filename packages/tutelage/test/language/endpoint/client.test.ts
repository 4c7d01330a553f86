import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
} from '../../../src/language/endpoint/client.js';
import { maxCost } from '../../../src/language/endpoint/prices.js';
import type { CompletionRequest } from '../../../src/language/endpoint/request.js';
import { maxInputTokens } from '../../../src/language/endpoint/tokens.js';
import { fastClock } from './clocks.js';
import { type FakeServer, type Fault, PRICE, type Script, startFakeServer } from './fake-server.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

const newDirectory = () => mkdtempSync(join(tmpdir(), 'endpoint-'));

async function serve(script: Partial<Script> = {}): Promise<FakeServer> {
  const server = await startFakeServer({ answer: (prompt) => `re: ${prompt}`, ...script });
  open.push(server);
  return server;
}

async function connect(server: FakeServer, options: Partial<EndpointOptions> = {}): Promise<Endpoint> {
  const endpoint = await createEndpoint({
    directory: newDirectory(),
    model: 'm',
    baseURL: server.url,
    price: PRICE,
    clock: fastClock(1000),
    // 2 s of real time.
    timeout: 2_000_000,
    ...options,
  });
  open.push(endpoint);
  return endpoint;
}

function ask(content: string, trial = 0): CompletionRequest {
  return { messages: [{ role: 'user', content }], parameters: { maxTokens: 50 }, trial };
}

const dollars = (nanoDollars: number) => nanoDollars / 1e9;
const fullPrice = (request: CompletionRequest) => maxCost(PRICE, maxInputTokens(request), 50);
const sequence =
  (...faults: Fault[]) =>
  (_: string, nth: number) =>
    faults[nth] ?? 'ok';

describe('an answer', () => {
  test('is billed once, whoever asks again: at the same time, later, or after a restart', async () => {
    const server = await serve();
    const directory = newDirectory();
    const endpoint = await connect(server, { directory });
    const request = ask('hello');
    expect(endpoint.isAnswered(request)).toBe(false);
    const answers = await Promise.all([1, 2, 3].map(() => endpoint.complete(request)));
    expect(answers.map((answer) => answer.kind === 'answered' && answer.answer.text)).toEqual(
      Array(3).fill('re: hello'),
    );
    expect(await endpoint.complete(request)).toMatchObject({ kind: 'answered', cached: true });
    await endpoint.close();

    const again = await connect(server, { directory });
    expect(await again.complete(request)).toMatchObject({ kind: 'answered', cached: true });
    expect(again.account()).toEqual({ spent: dollars(server.billed()), reserved: 0 });
    expect(server.calls).toHaveLength(1);
    expect(await again.complete(ask('hello', 1))).toMatchObject({ cached: false });
    expect(server.calls).toHaveLength(2);
  });

  test('comes from any AI SDK provider alike', async () => {
    const server = await serve({ fault: sequence('429', 'drop') });
    const model = createOpenAICompatible({ name: 'other', baseURL: server.url }).chatModel('m');
    const endpoint = await connect(server, { model });
    expect(endpoint.target).toEqual({ endpoint: 'other.chat', model: 'm' });
    expect(await endpoint.complete(ask('hello'))).toMatchObject({
      answer: { text: 're: hello', finish: 'stop' },
    });
    expect(server.calls.map((call) => call.fault)).toEqual(['429', 'drop', 'ok']);
  });

  test.each<[string, Partial<Script>]>([
    ['without a count of tokens', { fault: () => 'no-usage' }],
    ['with half a count', { usage: { completion_tokens: 3 } }],
    ['with a count that is none', { usage: { prompt_tokens: 1.5, completion_tokens: 3 } }],
    ['with a negative count', { usage: { prompt_tokens: 10, completion_tokens: -3 } }],
    ['with an impossible count', { usage: { prompt_tokens: 1e300, completion_tokens: 3 } }],
  ])('%s is taken at its full price, and the journal can be read again', async (_, script) => {
    const server = await serve(script);
    const directory = newDirectory();
    const endpoint = await connect(server, { directory });
    expect(await endpoint.complete(ask('hello'))).toMatchObject({ kind: 'answered' });
    expect(endpoint.account().spent).toBe(dollars(fullPrice(ask('hello'))));
    await endpoint.close();
    const again = await connect(server, { directory });
    expect(again.account().spent).toBe(dollars(fullPrice(ask('hello'))));
  });

  test('that used more than was reserved is counted as billed', async () => {
    const server = await serve({ usage: { prompt_tokens: 5000, completion_tokens: 5000 } });
    const endpoint = await connect(server);
    await endpoint.complete(ask('hello'));
    expect(endpoint.account()).toEqual({ spent: dollars(5000 * 400 + 5000 * 1600), reserved: 0 });
  });

  test('passes parameters on', async () => {
    const server = await serve();
    const endpoint = await connect(server);
    const parameters = {
      maxTokens: 5,
      temperature: 0.3,
      topLogprobs: 4,
      extra: { reasoning_effort: 'low', top_k: 3 },
    };
    await endpoint.complete({ ...ask('hello'), parameters });
    expect(server.calls[0]!.body).toMatchObject({
      model: 'm',
      max_tokens: 5,
      temperature: 0.3,
      logprobs: true,
      top_logprobs: 4,
      reasoning_effort: 'low',
      top_k: 3,
    });
  });
});

describe('parameters', () => {
  test('that would change the price behind the cap are refused', async () => {
    const server = await serve();
    const endpoint = await connect(server);
    const complete = (parameters: CompletionRequest['parameters']) =>
      endpoint.complete({ ...ask('x'), parameters });
    await expect(complete({ maxTokens: 5, extra: { n: 4 } })).rejects.toThrow('not to be set by hand: n');
    await expect(complete({ maxTokens: Number.NaN })).rejects.toThrow('invalid maxTokens: NaN');
    expect(server.calls).toHaveLength(0);
  });

  test('bear the names that OpenAI asks for', async () => {
    const server = await serve();
    const bodies: string[] = [];
    const fetch: typeof globalThis.fetch = (_, init) => {
      bodies.push(String(init?.body));
      return globalThis.fetch(`${server.url}/chat/completions`, init);
    };
    const endpoint = await connect(server, { baseURL: 'https://api.openai.com/v1/', fetch });
    await endpoint.complete(ask('hello'));
    expect(endpoint.target.endpoint).toBe('https://api.openai.com/v1');
    expect(JSON.parse(bodies[0]!)).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'hello' }],
      max_completion_tokens: 50,
    });
  });
});

describe('a refusal', () => {
  test.each(['429', '503'] as const)('with %s is free and sent again', async (fault) => {
    const server = await serve({ fault: sequence(fault, fault, fault) });
    const endpoint = await connect(server);
    expect(await endpoint.complete(ask('hello'))).toMatchObject({ kind: 'answered' });
    expect(server.calls).toHaveLength(4);
    expect(endpoint.account().spent).toBe(dollars(server.billed()));
  });

  test('is given up after the set number of attempts, and costs nothing', async () => {
    const server = await serve({ fault: () => '503' });
    const endpoint = await connect(server, { retry: { attempts: 3, firstDelay: 10, maxDelay: 10 } });
    const result = await endpoint.complete(ask('hello'));
    expect(result).toMatchObject({ kind: 'rejected', cause: 'refused' });
    expect(server.calls).toHaveLength(3);
    expect(endpoint.account()).toEqual({ spent: 0, reserved: 0 });
  });

  test('with Retry-After is not sent again sooner', async () => {
    const clock = fastClock(100);
    const server = await serve({ fault: sequence('429'), headers: { 'retry-after': '20' } });
    const endpoint = await connect(server, { clock });
    await endpoint.complete(ask('hello'));
    const [first, second] = server.calls;
    expect(clock.slept).toContain(20_000);
    // 200 ms of real time; a timer may fire a millisecond early.
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(199);
  });

  test('for longer than an hour ends the run', async () => {
    const server = await serve({ fault: () => '429', headers: { 'retry-after': '7200' } });
    const endpoint = await connect(server);
    await expect(endpoint.complete(ask('hello'))).rejects.toThrow('the endpoint asks to wait: 120 minutes');
  });

  test('of the key ends the run at once', async () => {
    const server = await serve({ fault: () => '401' });
    const endpoint = await connect(server);
    await expect(endpoint.complete(ask('hello'))).rejects.toThrow('denied by the endpoint: HTTP 401');
    expect(server.calls).toHaveLength(1);
  });

  test('of one request is final for it alone', async () => {
    const server = await serve({
      fault: (_, __, body) => (body.messages[0]!.content === 'bad' ? '400' : 'ok'),
    });
    const endpoint = await connect(server);
    expect(await endpoint.complete(ask('bad'))).toMatchObject({ kind: 'rejected', cause: 'invalid' });
    expect(await endpoint.complete(ask('good'))).toMatchObject({ kind: 'answered' });
    expect(server.calls).toHaveLength(2);
  });

  test('before a connection stands is free and sent again', async () => {
    const server = await serve();
    let failures = 2;
    const fetch: typeof globalThis.fetch = async (...args) => {
      if (failures-- > 0) {
        const cause = Object.assign(new Error('Connect Timeout Error'), { code: 'UND_ERR_CONNECT_TIMEOUT' });
        throw new TypeError('fetch failed', { cause });
      }
      return globalThis.fetch(...args);
    };
    const endpoint = await connect(server, { fetch });
    expect(await endpoint.complete(ask('hello'))).toMatchObject({ kind: 'answered' });
    expect(endpoint.account().spent).toBe(dollars(server.billed()));
  });

  test('of the connection ends the run after its attempts', async () => {
    const holder = createServer();
    const port = await new Promise<number>((resolve) =>
      holder.listen(0, '127.0.0.1', () => resolve((holder.address() as { port: number }).port)),
    );
    await new Promise((resolve) => holder.close(resolve));
    const endpoint = await createEndpoint({
      directory: newDirectory(),
      model: 'm',
      baseURL: `http://127.0.0.1:${port}/v1`,
      price: PRICE,
      cap: 1,
      clock: fastClock(1000),
      retry: { attempts: 3, firstDelay: 10, maxDelay: 10 },
    });
    open.push(endpoint);
    await expect(endpoint.complete(ask('hello'))).rejects.toThrow(/cannot reach the endpoint: ECONNREFUSED/);
    expect(endpoint.account()).toEqual({ spent: 0, reserved: 0 });
  });
});

describe('an unknown outcome', () => {
  test.each(['drop', 'truncated', 'not-json', '500'] as const)(
    'by %s costs its full price, and is sent once more',
    async (fault) => {
      const server = await serve({ fault: sequence(fault) });
      const endpoint = await connect(server);
      expect(await endpoint.complete(ask('hello'))).toMatchObject({ kind: 'answered' });
      const answer = server.calls.find((call) => call.fault === 'ok')!;
      expect(endpoint.account().spent).toBe(dollars(fullPrice(ask('hello')) + answer.billed));
    },
  );

  test('by a time-out likewise', async () => {
    const server = await serve({ fault: sequence('hang') });
    // 300 ms of real time.
    const endpoint = await connect(server, { timeout: 300_000 });
    expect(await endpoint.complete(ask('hello'))).toMatchObject({ kind: 'answered' });
    expect(server.calls.map((call) => call.fault)).toEqual(['hang', 'ok']);
    expect(endpoint.account().spent).toBe(dollars(fullPrice(ask('hello')) + server.calls[1]!.billed));
  });

  test('is not sent a third time, not even after a restart', async () => {
    const server = await serve({ fault: () => 'drop' });
    const directory = newDirectory();
    for (const run of [1, 2]) {
      const endpoint = await connect(server, { directory });
      const result = await endpoint.complete(ask('hello'));
      expect(result, `run ${run}`).toMatchObject({ kind: 'rejected', cause: 'unknown' });
      expect(endpoint.account().spent).toBe(dollars(2 * fullPrice(ask('hello'))));
      await endpoint.close();
    }
    expect(server.calls).toHaveLength(2);
  });

  test('is not sent again if the budget has no second full price', async () => {
    const server = await serve({ fault: sequence('drop') });
    const endpoint = await connect(server, { cap: dollars(fullPrice(ask('hello')) * 1.5) });
    expect(await endpoint.complete(ask('hello'))).toMatchObject({ kind: 'rejected', cause: 'budget' });
    expect(server.calls).toHaveLength(1);
  });
});

describe('the cap', () => {
  // Caps are in full prices; an answer of this server costs about a twentieth of one.
  test.each<[string, number, Script['fault']]>([
    ['a sound server', 2.5, () => 'ok'],
    [
      'one that drops a third of its answers',
      10.5,
      (id) => (Number.parseInt(id.slice(0, 8), 16) % 3 === 0 ? 'drop' : 'ok'),
    ],
    ['one that is busy at first', 2.5, (_, nth) => (nth < 2 ? '429' : 'ok')],
  ])('holds for 64 parallel callers of %s', async (_, fullPrices, fault) => {
    const server = await serve({ ...(fault && { fault }), latency: 2 });
    const cap = dollars(fullPrices * fullPrice(ask('text 00')));
    const endpoint = await connect(server, { cap, limits: { concurrency: 64 } });
    const requests = Array.from({ length: 64 }, (_, index) => ask(`text ${String(index).padStart(2, '0')}`));
    const results = await Promise.all(requests.map((request) => endpoint.complete(request)));
    const { spent, reserved } = endpoint.account();
    expect(dollars(server.billed())).toBeLessThanOrEqual(spent);
    expect(spent).toBeLessThanOrEqual(cap);
    expect(reserved).toBe(0);
    // It stops for want of a full price, not before.
    expect(spent).toBeGreaterThan(cap - dollars(fullPrice(ask('text 00'))));
    expect(results.filter((result) => result.kind === 'answered')).not.toHaveLength(0);
    expect(
      results.filter((result) => result.kind === 'rejected' && result.cause === 'budget'),
    ).not.toHaveLength(0);
  });

  test('covers what earlier runs spent', async () => {
    const server = await serve();
    const directory = newDirectory();
    const cap = dollars(1.2 * fullPrice(ask('1')));
    const first = await connect(server, { directory, cap });
    await first.complete(ask('1'));
    await first.close();
    const second = await connect(server, { directory, cap: first.account().spent });
    expect(await second.complete(ask('2'))).toMatchObject({ kind: 'rejected', cause: 'budget' });
    expect(await second.complete(ask('1'))).toMatchObject({ kind: 'answered', cached: true });
  });

  test('needs a price, and a journal whose calls all had one', async () => {
    const options = {
      directory: newDirectory(),
      model: 'no-such-model',
      baseURL: 'https://example.invalid/v1',
    };
    await expect(createEndpoint({ ...options, cap: 1 })).rejects.toThrow('unknown price: no-such-model');
    const server = await serve();
    const directory = newDirectory();
    const provider = createOpenAICompatible({ name: 'other', baseURL: server.url });
    const unpriced = await createEndpoint({ directory, model: provider.chatModel('no-such-model') });
    await unpriced.complete(ask('hello'));
    expect(unpriced.price).toBeUndefined();
    await unpriced.close();
    await expect(connect(server, { directory, cap: 1 })).rejects.toThrow('unknown spending: 1 calls');
  });

  test.each([
    ['cap', { cap: Number.NaN }],
    ['cap', { cap: -1 }],
    ['concurrency', { limits: { concurrency: 0 } }],
    ['tokensPerMinute', { limits: { tokensPerMinute: 0 } }],
    ['input', { price: { input: Number.NaN, output: 1 } }],
  ])('an invalid %s is refused: %o', async (name, options) => {
    const server = await serve();
    await expect(connect(server, options)).rejects.toThrow(`invalid ${name}`);
  });
});

describe('a schema', () => {
  const schema = { type: 'object', properties: {}, additionalProperties: false };
  const withSchema = (content: string) => ({ ...ask(content), parameters: { maxTokens: 50, schema } });

  test('is sent strictly; where the endpoint refuses it, it is left out from then on, restarts included', async () => {
    const server = await serve({ fault: (_, __, body) => (body.response_format ? '400-schema' : 'ok') });
    const directory = newDirectory();
    const endpoint = await connect(server, { directory });
    expect(await endpoint.complete(withSchema('1'))).toMatchObject({ kind: 'answered' });
    expect(server.calls[0]!.body.response_format).toMatchObject({
      type: 'json_schema',
      json_schema: { strict: true, schema },
    });
    await endpoint.complete(withSchema('2'));
    await endpoint.close();
    const again = await connect(server, { directory });
    expect(await again.complete(withSchema('1'))).toMatchObject({ cached: true });
    expect(await again.complete(withSchema('2'))).toMatchObject({ cached: true });
    expect(server.calls.map((call) => call.fault)).toEqual(['400-schema', 'ok', 'ok']);
  });
});

describe('the key', () => {
  const key = 'sk-very-secret-0123456789';

  test('goes to the server and nowhere else, though the server repeats it everywhere', async () => {
    vi.stubEnv('TEST_ENDPOINT_KEY', key);
    const printed = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    const faults: Record<string, Fault> = { denied: '401', invalid: '400', broken: '500', busy: '503' };
    const server = await serve({
      fault: (_, __, body) => faults[body.messages[0]!.content] ?? 'ok',
      answer: (_, authorization) => `you said ${authorization}`,
    });
    const directory = newDirectory();
    const endpoint = await connect(server, { directory, apiKeyEnv: 'TEST_ENDPOINT_KEY' });
    const results: unknown[] = [];
    for (const content of ['echo', 'invalid', 'broken', 'busy', 'denied']) {
      results.push(
        await endpoint.complete(ask(content)).catch((error) => [error.message, error.stack, error]),
      );
    }
    expect(server.calls.every((call) => call.authorization === `Bearer ${key}`)).toBe(true);
    const seen = [
      JSON.stringify(results),
      readFileSync(join(directory, 'journal.jsonl'), 'utf8'),
      ...printed.flatMap((spy) => spy.mock.calls.map((call) => String(call[0]))),
    ].join('\n');
    expect(seen).toContain('[key]');
    expect(seen).not.toContain(key.slice(0, 14));
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  test('must be set, and must not stand in the address', async () => {
    const options = { directory: newDirectory(), model: 'm', price: PRICE };
    const baseURL = 'https://example.invalid/v1';
    await expect(createEndpoint({ ...options, baseURL, apiKeyEnv: 'NO_SUCH_KEY' })).rejects.toThrow(
      'NO_SUCH_KEY',
    );
    for (const address of [
      'https://user:secret@example.invalid/v1',
      'https://example.invalid/v1?key=secret',
    ]) {
      const error = await createEndpoint({ ...options, baseURL: address }).catch(String);
      expect(error).toMatch(/credentials or a query in the address of example\.invalid/);
      expect(error).not.toContain('secret');
    }
    await expect(createEndpoint({ ...options, baseURL: 'ftp://x' })).rejects.toThrow(
      'not a web address: ftp://x',
    );
  });
});
