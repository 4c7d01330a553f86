import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createEndpoint, type EndpointOptions } from '../../../src/language/endpoint/client.js';
import { endpointScorer, endsOf } from '../../../src/language/endpoint/scorer.js';
import { fastClock } from './clocks.js';
import { type FakeServer, type Fault, PRICE, type Script, startFakeServer } from './fake-server.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});
const newDirectory = () => mkdtempSync(join(tmpdir(), 'scorer-'));

/** Words with the space before them; each has minus its length as its log-probability. */
const wordsOf = (text: string) => text.match(/\s*\S+|\s+$/g) ?? [];

type Body = Parameters<NonNullable<Script['choice']>>[0];

/** As OpenAI's older models: the text's tokens and one more. */
const byEcho = ({ prompt = '', echo }: Body) => {
  const tokens = [...(echo ? wordsOf(prompt) : []), ' more'];
  const logs = tokens.map((word, i) => (i === 0 && echo ? null : -word.length));
  return { text: tokens.join(''), finish_reason: 'length', logprobs: { tokens, token_logprobs: logs } };
};

/** As vLLM: each token under its id, and the likeliest beside it where that is another. */
const byPrompt = ({ prompt = '', prompt_logprobs }: Body) => ({
  text: ' more',
  finish_reason: 'length',
  logprobs: null,
  prompt_logprobs:
    prompt_logprobs === undefined
      ? null
      : [
          null,
          ...wordsOf(prompt).map((word, i) => ({
            [900 - i]: { logprob: -word.length, rank: i % 2 === 0 ? 7 : 1, decoded_token: word },
            ...(i % 2 === 0 && { [i]: { logprob: -0.1, rank: 1, decoded_token: ' likelier' } }),
          })),
        ],
});

async function connect(script: Partial<Script>, options: Partial<EndpointOptions> = {}) {
  const server = await startFakeServer({ answer: () => 'hello', ...script });
  open.push(server);
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
  const said: string[] = [];
  return { server, endpoint, said, say: (message: string) => said.push(message) };
}

const lessons = [
  { prompt: 'a cat', answer: ' sat down' },
  { prompt: 'the dogs', answer: ' ran' },
];
const { signal } = new AbortController();

describe('log-probabilities of given tokens', () => {
  test('come by echo, where the server has it', async () => {
    const { server, endpoint, said, say } = await connect({ choice: byEcho });
    const score = await endpointScorer(endpoint, say);
    expect(said).toEqual([`m at ${server.url} gives log-probabilities of given tokens (echo)`]);
    expect(await score!(lessons, signal)).toEqual([
      { ends: [1, 5, 9, 14], logProbabilities: [undefined, -4, -4, -5] },
      { ends: [3, 8, 12], logProbabilities: [undefined, -5, -4] },
    ]);
    const calls = server.calls.length;
    await score!(lessons, signal);
    await endpointScorer(endpoint, say);
    expect(server.calls).toHaveLength(calls);
    expect(endpoint.account().spent).toBeCloseTo(server.billed() / 1e9, 12);
  });

  test('come by prompt_logprobs, of the token that is there and not of a likelier one', async () => {
    const { endpoint, said, say } = await connect({ choice: byPrompt });
    const score = await endpointScorer(endpoint, say);
    expect(said.at(-1)).toContain('(prompt_logprobs)');
    expect((await score!(lessons, signal))[0]).toEqual({
      ends: [0, 1, 5, 9, 14],
      logProbabilities: [undefined, -1, -4, -4, -5],
    });
  });

  test.each<[string, Partial<Script>]>([
    ['ignores the question', { choice: () => ({ text: 'hello', finish_reason: 'stop' }) }],
    ['gives those of its own tokens alone', { choice: (body) => byEcho({ ...body, echo: false }) }],
    ['refuses the question', { fault: () => '400' }],
    ['says nonsense', { choice: () => ({ text: 7, logprobs: { tokens: 'x' }, prompt_logprobs: [3] }) }],
    ['speaks of another text', { choice: (body) => byEcho({ ...body, prompt: 'something else' }) }],
  ])('are not to be had from a server that %s, which is told', async (_, script) => {
    const { server, endpoint, said, say } = await connect(script);
    expect(await endpointScorer(endpoint, say)).toBeUndefined();
    expect(said[0]).toBe(
      `m at ${server.url} gives no log-probabilities of given tokens; its answers can be learned as text`,
    );
    expect(server.calls).toHaveLength(2);
  });
});

describe('a call', () => {
  const probes = (calls: readonly FakeServer['calls'][number][]) => calls.slice(1);
  /** Faults of the calls behind the first one, which finds out what the server offers. */
  const later = (...faults: Fault[]) => {
    let first: string | undefined;
    return (id: string, nth: number): Fault => {
      first ??= id;
      return id === first ? 'ok' : (faults[nth] ?? 'ok');
    };
  };

  test.each<[Fault[], number]>([
    [['429', '503'], 3],
    [['drop'], 2],
    [['500'], 2],
    [['truncated'], 2],
    [['not-json'], 2],
    [['hang'], 2],
  ])('that meets %j is made again, and its cost is not forgotten', async (faults, sends) => {
    const { server, endpoint, say } = await connect({ choice: byEcho, fault: later(...faults) });
    const score = await endpointScorer(endpoint, say);
    const [scored] = await score!([lessons[0]!], signal);
    expect(scored).toMatchObject({ logProbabilities: [undefined, -4, -4, -5] });
    expect(probes(server.calls)).toHaveLength(sends);
    expect(endpoint.account().spent).toBeGreaterThanOrEqual(server.billed() / 1e9 - 1e-12);
  });

  test('whose outcome stays unknown leaves its text without scores, and is told', async () => {
    const { server, endpoint, said, say } = await connect({
      choice: byEcho,
      fault: later('drop', 'drop', 'drop'),
    });
    const score = await endpointScorer(endpoint, say);
    const [scored] = await score!([lessons[0]!], signal);
    expect(scored).toEqual({ ends: [14], logProbabilities: [undefined] });
    expect(said.at(-1)).toBe('warning: 1 of 1 texts have no log-probabilities: unknown');
    expect(probes(server.calls)).toHaveLength(2);
  });

  test('is not made beyond the budget', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => ({ prompt: `text ${i}`, answer: ' is here' }));
    const { server, endpoint, said, say } = await connect({ choice: byEcho }, { cap: 0.0002 });
    const score = await endpointScorer(endpoint, say);
    const scored = await score!(texts, signal);
    expect(scored.some(({ ends }) => ends.length > 1)).toBe(true);
    expect(said.at(-1)).toMatch(/warning: \d+ of 40 texts have no log-probabilities: budget/);
    expect(server.billed() / 1e9).toBeLessThanOrEqual(0.0002);
    expect(endpoint.account().spent).toBeLessThanOrEqual(0.0002);
  });

  test('that is denied ends the run, and the key is repeated nowhere', async () => {
    process.env.SCORER_TEST_KEY = 'sk-secret-of-the-test';
    const { endpoint, say } = await connect(
      { choice: byEcho, fault: () => '401' },
      { apiKeyEnv: 'SCORER_TEST_KEY' },
    );
    const asked = endpointScorer(endpoint, say);
    await expect(asked).rejects.toThrow('denied by the endpoint');
    await expect(asked).rejects.not.toThrow('sk-secret');
  });

  test('to a server that nobody runs says so', async () => {
    const { server, endpoint, say } = await connect({ choice: byEcho });
    await server.close();
    await expect(endpointScorer(endpoint, say)).rejects.toThrow('cannot reach the endpoint');
    open.splice(open.indexOf(server), 1);
  });
});

describe('tokens are laid against the text', () => {
  const ends = (text: string, tokens: readonly (string | null)[]) =>
    endsOf(
      text,
      tokens.map((own) => ({ text: own, logprob: -1 })),
    );

  test.each<[string, string, (string | null)[], number[] | undefined]>([
    ['a first one of which nothing is known', 'aab', [null, 'a', 'b'], [1, 2, 3]],
    ['a beginning of which nothing is known', 'ab', [null, 'a', 'b'], [0, 1, 2]],
    ['a beginning that has a name', 'ab', ['<s>', 'a', 'b'], [0, 1, 2]],
    ['a beginning without a name', '🙂', ['', '\ufffd', '\ufffd'], [4, 4, 4]],
    ['parts of characters', 'a🙂b', ['a', '\ufffd', '\ufffd', 'b'], [1, 5, 5, 6]],
    ['parts of several characters', 'aé東b', ['a', '\ufffd', '\ufffd', 'b'], [1, 6, 6, 7]],
    ['parts at the start', '東b', ['\ufffd', '\ufffd', 'b'], [3, 3, 4]],
    ['a character that is really there', 'a\ufffdb', ['a', '\ufffd', 'b'], [1, 4, 5]],
    ['another text', 'abc', ['a', 'x', 'c'], undefined],
    ['a part of the text', 'abc', ['b', 'c'], undefined],
  ])('%s', (_, text, tokens, expected) => {
    expect(ends(text, tokens)).toEqual(expected);
  });
});
