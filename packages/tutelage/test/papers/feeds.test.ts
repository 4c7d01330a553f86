import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFeeds } from '../../src/papers/index.js';
import { virtualClock } from '../language/endpoint/clocks.js';
import { userError } from '../tasks/folder.js';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');

/** Answers what it is given, and remembers what it was asked and when. */
function recorded(answer: () => Response, clock = virtualClock()) {
  const asked: { url: URL; at: number }[] = [];
  const fetch = async (url: string | URL | Request): Promise<Response> => {
    asked.push({ url: new URL(String(url)), at: clock.now() });
    return answer();
  };
  return { feeds: openFeeds({ fetch, clock }), asked, clock };
}

test('the daily list of a day', async () => {
  const { feeds, asked } = recorded(() => new Response(fixture('daily.json')));
  const papers = await feeds.daily('2025-02-03');
  expect(papers.map(({ listed }) => listed)).toEqual(['2025-02-03', '2025-02-03']);
  expect(asked[0]!.url.href).toBe('https://huggingface.co/api/daily_papers?date=2025-02-03&limit=100');
});

test("a search of Hugging Face's papers, and one paper with what is known of it now", async () => {
  const { feeds, asked } = recorded(() => new Response(fixture('daily.json')));
  const papers = await feeds.hub('a teacher & students', 20);
  expect(papers[0]).toMatchObject({ arxiv: '2502.00001', upvotes: 12, authors: ['Ada Lovelace', 'Ole'] });
  expect(papers[0]!.listed).toBe('2025-02-03');
  const one = JSON.stringify(JSON.parse(fixture('daily.json'))[0].paper);
  const other = recorded(() => new Response(one));
  expect(await other.feeds.onHub('2502.00001')).toMatchObject([{ title: 'Second Paper', upvotes: 12 }]);
  expect([...asked, ...other.asked].map(({ url }) => url.href)).toEqual([
    'https://huggingface.co/api/papers/search?q=a+teacher+%26+students&limit=20',
    'https://huggingface.co/api/papers/2502.00001',
  ]);
});

test('one damaged entry does not spoil a list; a list of nothing else is told of', async () => {
  const entries: unknown[] = JSON.parse(fixture('daily.json'));
  const odd = [
    null,
    3,
    { paper: null },
    { paper: { title: 'Odd authors', authors: [{}, null, { name: 'Ada' }] } },
  ];
  const { feeds } = recorded(() => new Response(JSON.stringify([...odd, ...entries])));
  const papers = await feeds.daily('2025-02-03');
  expect(papers.map(({ title, authors }) => [title, authors])).toEqual([
    ['Odd authors', ['Ada']],
    ['Second Paper', ['Ada Lovelace', 'Ole']],
    ['Only a title', []],
  ]);
  const none = recorded(() => new Response('[null, 3]'));
  expect((await userError(none.feeds.daily('2025-02-03'))).message).toMatch(/^not a list of papers/);
});

test('an answer that does not come in time', async () => {
  const late = openFeeds({ fetch: () => Promise.reject(new DOMException('', 'TimeoutError')) });
  const error = await userError(late.hub('x', 1));
  expect([error.message, error.hint]).toEqual([
    'no answer from huggingface.co within 30 seconds',
    'try again later',
  ]);
});

test('an empty day is no fault', async () => {
  const { feeds } = recorded(() => new Response('[]'));
  expect(await feeds.daily('2025-02-02')).toEqual([]);
});

test('words are asked of arXiv in all fields; its own syntax passes', async () => {
  const { feeds, asked, clock } = recorded(() => new Response(fixture('arxiv.xml')));
  const first = feeds.search('knowledge distillation"', 5);
  await clock.advance(0);
  expect(await first).toHaveLength(1);
  const second = feeds.search('cat:cs.LG AND ti:distillation', 5);
  await clock.advance(3000);
  await second;
  const third = feeds.byId(['https://arxiv.org/abs/2502.00001v3']);
  await clock.advance(3000);
  await third;
  expect(
    asked.map(({ url }) => url.searchParams.get('search_query') ?? url.searchParams.get('id_list')),
  ).toEqual(['all:knowledge AND all:distillation', 'cat:cs.LG AND ti:distillation', '2502.00001']);
});

test('arXiv is asked once in three seconds, also after a failure', async () => {
  let count = 0;
  const { feeds, asked, clock } = recorded(() =>
    count++ === 0 ? new Response('', { status: 503 }) : new Response(fixture('arxiv.xml')),
  );
  const all = Promise.allSettled([1, 2, 3].map(() => feeds.search('x', 1)));
  await clock.advance(10_000);
  expect((await all).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(asked.map(({ at }) => at)).toEqual([0, 3000, 6000]);
});

test.each([
  [{ RateLimit: '"api";r=0;t=123' }, 'try again in 123 seconds'],
  [{ 'Retry-After': '7' }, 'try again in 7 seconds'],
  [{ 'Retry-After': 'soon' }, 'try again in 60 seconds'],
])('too many requests: %j', async (headers, hint) => {
  const { feeds } = recorded(
    () => new Response('', { status: 429, headers: headers as Record<string, string> }),
  );
  const error = await userError(feeds.daily('2025-02-03'));
  expect(error.message).toBe('huggingface.co has had too many requests');
  expect(error.hint).toBe(hint);
});

test('a machine that is offline, and answers that are no answers', async () => {
  const offline = openFeeds({ fetch: () => Promise.reject(new TypeError('fetch failed')) });
  expect((await userError(offline.daily('2025-02-03'))).message).toBe('no answer from huggingface.co');
  const { feeds } = recorded(() => new Response('<html>'));
  expect((await userError(feeds.daily('2025-02-03'))).message).toMatch(/^not JSON/);
  await expect(async () => feeds.byId(['no id'])).rejects.toThrow('not an arXiv id: no id');
});

test('an answer without an end is cut off', async () => {
  const endless = () =>
    new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1_000_000)) }));
  const { feeds } = recorded(endless);
  expect((await userError(feeds.daily('2025-02-03'))).message).toMatch(/^answer too large/);
});
