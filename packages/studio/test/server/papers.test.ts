import { readFileSync } from 'node:fs';
import { UserError } from 'tutelage';
import { recordedFiles } from 'tutelage/claims';
import { methodsByCard, readPapers } from 'tutelage/papers';
import { expect, test } from 'vitest';
import {
  commentsSchema,
  distillFormSchema,
  importedSchema,
  methodsSchema,
  paperPageSchema,
  paperSchema,
  similarPapersSchema,
  studioStatusSchema,
} from '../../src/api/index.js';
import { testStudio } from '../support/studio.js';

const record = { title: 'From a feed', arxiv: '2512.00001', authors: ['A'], links: [], listed: '2025-12-09' };
const asked: unknown[] = [];
const feeds = {
  hub: async (query: string) => {
    asked.push(query);
    return [record];
  },
  onHub: async () => [
    { ...record, upvotes: 40, links: [{ title: 'code', url: 'https://example.org/code' }] },
  ],
  daily: async (day: string) => {
    asked.push(day);
    return [record];
  },
  search: async () =>
    Promise.reject(
      new UserError('export.arxiv.org has had too many requests', { hint: 'try again in 60 seconds' }),
    ),
  byId: async (ids: readonly string[]) => {
    asked.push(ids);
    return [record];
  },
};
const { ask, studio } = testStudio({ feeds });

test('the shapes of answers are those that are promised', async () => {
  const json = async (path: string) => (await ask('GET', path)).json;
  await studio.papers.settled();
  expect(studioStatusSchema.parse(await json('/api/status'))).toMatchObject({
    papers: 48,
    mail: false,
    jobsRunning: 0,
  });
  expect(paperPageSchema.parse(await json('/api/papers?limit=200')).papers).toHaveLength(48);
  expect(paperSchema.parse(await json('/api/papers/2202.05531')).links.map(({ url }) => url)).toEqual([
    'https://arxiv.org/abs/2202.05531',
    'https://arxiv.org/pdf/2202.05531',
  ]);
  const similar = similarPapersSchema.parse(await json('/api/papers/2207.01426/similar?limit=3')).papers;
  expect(similar).toHaveLength(3);
  expect(similar.map(({ id }) => id)).not.toContain('2207.01426');
  const { methods } = methodsSchema.parse(await json('/api/methods'));
  expect(methods.map(({ paper }) => paper.card)).toEqual(Object.keys(methodsByCard).map(Number));
  const cyclical = methods.find(({ id }) => id === 'cyclical-curriculum')!;
  expect(cyclical.parameters).toMatchObject({ type: 'object', properties: expect.anything() });
  expect(cyclical.claims[0]).toMatchObject({
    id: 'cyclical-curriculum',
    reproductions: [{ origin: 'recorded' }],
  });
  for (const { id, claims } of methods) {
    expect(claims.map((claim) => claim.id).filter((claim) => !`${claim}-`.startsWith(`${id}-`))).toEqual([]);
  }
  expect((await ask('GET', '/api/claims/cyclical-curriculum/plot.svg')).text).toMatch(/^<svg/);
  expect((await ask('GET', '/api/claims/cyclical-curriculum-x/plot.svg')).status).toBe(404);
  const { parameters, students } = distillFormSchema.parse(await json('/api/distill'));
  expect(students.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['text-nano', 'retriever-small', 'lm-small']),
  );
  expect(parameters).toMatchObject({ required: ['data'], properties: { epochs: { exclusiveMinimum: 0 } } });
  expect(JSON.stringify(parameters)).not.toContain('"out"');
});

test("the user's own reproduction comes before the recorded one, and a damaged one does not count", async () => {
  const { ask: askHere, write, studio: here } = testStudio();
  const claim = 'cyclical-curriculum';
  const origins = () => here.reproductions.of(claim).map(({ origin }) => origin);
  const record: unknown = JSON.parse(readFileSync(recordedFiles(claim)!.record, 'utf8'));
  expect(origins()).toEqual(['recorded']);
  write(`reproductions/${claim}.json`, '{"verdict": "does not');
  expect(origins()).toEqual(['recorded']);
  const verdict = here.reproductions.of(claim)[0]!.verdict === 'holds' ? 'does not hold' : 'holds';
  write(`reproductions/${claim}.json`, JSON.stringify({ ...(record as object), verdict }));
  expect(origins()).toEqual(['own', 'recorded']);
  expect(paperSchema.parse((await askHere('GET', '/api/papers/2202.05531')).json).verdict).toBe(verdict);
});

test('papers are imported from feeds, and a feed that refuses is told from a fault of ours', async () => {
  const daily = await ask('POST', '/api/papers/import', { source: 'daily', day: '2025-12-09' });
  expect(importedSchema.parse(daily.json)).toEqual({
    added: 1,
    updated: 0,
    unchanged: 0,
    papers: ['2512.00001'],
  });
  await ask('POST', '/api/papers/import', { source: 'ids', ids: ['2512.00001'] });
  expect(asked).toEqual(['2025-12-09', ['2512.00001']]);
  await ask('POST', '/api/papers/import', { source: 'hub', query: ' teachers ' });
  expect(asked.at(-1)).toBe('teachers');
  const refused = await ask('POST', '/api/papers/import', { source: 'arxiv', query: 'x' });
  expect(refused).toMatchObject({
    status: 502,
    json: {
      error: { message: 'export.arxiv.org has had too many requests', hint: 'try again in 60 seconds' },
    },
  });
  expect((await ask('GET', '/api/papers/2512.00001')).status).toBe(200);
  expect((await ask('POST', '/api/papers/import', { source: 'daily', day: 'yesterday' })).status).toBe(400);
  expect(
    (await ask('POST', '/api/papers/import', { source: 'text', text: 'Dear reader' })).json,
  ).toMatchObject({
    error: { message: expect.stringContaining('not a listing page') },
  });
});

test('a paper is asked after again: votes of the feed are kept by day, and what was known stays', async () => {
  const again = await ask('POST', '/api/papers/2512.00001/refresh');
  expect(paperSchema.parse(again.json)).toMatchObject({
    title: 'From a feed',
    upvotes: 40,
    upvoteHistory: [{ upvotes: 40 }],
    links: expect.arrayContaining([{ title: 'code', url: 'https://example.org/code' }]),
  });
  expect((await ask('POST', '/api/papers/absent/refresh')).status).toBe(404);
});

test('votes, bookmarks and comments', async () => {
  const id = '2305.14536';
  expect((await ask('PUT', `/api/papers/${id}/upvote`)).json).toMatchObject({ upvotes: 1, upvoted: true });
  expect((await ask('DELETE', `/api/papers/${id}/upvote`)).json).toMatchObject({ upvotes: 0 });
  expect((await ask('PUT', `/api/papers/${id}/bookmark`)).json).toMatchObject({ bookmarked: true });
  expect((await ask('PUT', '/api/papers/absent/upvote')).status).toBe(404);
  const posted = await ask('POST', `/api/papers/${id}/comments`, { text: '<script>alert(1)</script>' });
  expect(posted).toMatchObject({ status: 201, json: { author: 'me', text: '<script>alert(1)</script>' } });
  const { comments } = commentsSchema.parse((await ask('GET', `/api/papers/${id}/comments`)).json);
  expect(comments).toHaveLength(1);
  expect((await ask('POST', `/api/papers/${id}/comments`, { text: '  ' })).status).toBe(400);
  expect((await ask('DELETE', `/api/comments/${comments[0]!.id}`)).status).toBe(204);
  expect((await ask('DELETE', `/api/comments/${comments[0]!.id}`)).status).toBe(404);
  expect((await ask('DELETE', '/api/comments/x')).status).toBe(400);
});

test('all papers can be taken along', async () => {
  const { text } = await ask('GET', '/api/export/papers.jsonl');
  const lines = text.trimEnd().split('\n');
  expect(lines).toHaveLength(49);
  for (const line of lines) paperSchema.parse(JSON.parse(line));
});

test('a paper, and the papers of a list, come as BibTeX', async () => {
  const one = await ask('GET', '/api/papers/2512.00001/bibtex');
  expect(one.headers.get('content-type')).toMatch(/^application\/x-bibtex/);
  expect(one.text).toMatch(/^@misc\{.*,\n {2}title = \{\{From a feed\}\},\n {2}author = \{A\},/);
  const entries = async (query: string) =>
    (await ask('GET', `/api/export/papers.bib?${query}`)).text.match(/^@misc/gm)?.length;
  expect(await entries('')).toBe(49);
  const shown = paperPageSchema.parse((await ask('GET', '/api/papers?family=curricula')).json);
  expect(await entries('family=curricula')).toBe(shown.total);
  expect((await ask('GET', '/api/papers/absent/bibtex')).status).toBe(404);
});

test('the Atom feed has what a reader of feeds needs', async () => {
  const { text, headers } = await ask('GET', '/feeds/papers.atom?q=curriculum&family=curricula');
  expect(headers.get('content-type')).toMatch(/^application\/atom\+xml/);
  expect(text).toContain('<title>Papers · curriculum · curricula</title>');
  expect(readPapers(text, '2026-01-01').map(({ title }) => title)).toContain('Cyclical Curriculum Learning');
  expect(readPapers((await ask('GET', '/feeds/papers.atom')).text, '2026-01-01')).toHaveLength(49);
  expect((await ask('GET', '/feeds/papers.atom?family=cooking')).status).toBe(400);
});
