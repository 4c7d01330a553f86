import { type PaperRecord, readPapers } from 'tutelage/papers';
import { expect, test } from 'vitest';
import { paperQuerySchema } from '../../src/api/index.js';
import { addComment, commentsOn, removeComment } from '../../src/papers/comments.js';
import { type Papers, papersOf } from '../../src/papers/papers.js';
import type { Claims } from '../../src/papers/rows.js';
import { testDatabase } from '../support/database.js';

const now = new Date('2025-12-10T12:00:00Z');
const claims: Claims = new Map([
  [22, { method: 'alp-gmm', verdict: 'holds' }],
  [41, { method: 'cyclical-curriculum' }],
]);

function catalogued(): { papers: Papers; db: ReturnType<typeof testDatabase> } {
  const db = testDatabase();
  const papers = papersOf(db);
  papers.addCatalogue(now);
  return { papers, db };
}

const titles = (papers: Papers, query: Record<string, string>, at = now) =>
  papers.page(paperQuerySchema.parse(query), claims, at).papers.map(({ title }) => title);

const record = (title: string, more: Partial<PaperRecord> = {}): PaperRecord => ({
  title,
  authors: [],
  links: [],
  ...more,
});

test('the index is imported once', () => {
  const { papers } = catalogued();
  expect(papers.addCatalogue(now)).toMatchObject({ added: 0, updated: 0, unchanged: 48 });
  const page = papers.page(paperQuerySchema.parse({ limit: '100' }), claims, now);
  expect(page.total).toBe(48);
  const alp = page.papers.find(({ card }) => card === 22);
  expect(alp).toMatchObject({
    id: '1910.07224',
    year: 2019,
    family: 'curricula',
    method: 'alp-gmm',
    verdict: 'holds',
    summaryBy: 'tutelage',
    authorCount: 4,
  });
  expect(page.papers.find(({ card }) => card === 0)).toMatchObject({ id: 'daily-papers' });
});

test('filters hold together', () => {
  const { papers } = catalogued();
  expect(titles(papers, { family: 'curricula', runnable: 'true' })).toHaveLength(2);
  expect(titles(papers, { verdict: 'holds' })).toHaveLength(1);
  expect(titles(papers, { verdict: 'not run' })).toEqual(['Cyclical Curriculum Learning']);
  expect(titles(papers, { year: '2019' })).toHaveLength(2);
  expect(titles(papers, { year: '2019', runnable: 'false' })).toHaveLength(1);
  expect(titles(papers, { minAuthors: '10', family: 'retrieval' })).toHaveLength(2);
  expect(titles(papers, { q: 'curriculum', year: '2022' })[0]).toBe('Cyclical Curriculum Learning');
});

test('a search finds stems, beginnings and misspelt words', () => {
  const { papers } = catalogued();
  const top = (q: string) => papers.page(paperQuerySchema.parse({ q }), claims, now);
  expect(top('cubing puzzles of learning progress').papers[0]!.card).toBe(22);
  expect(top('stickering')).toMatchObject({ corrections: [], papers: [{ card: 24 }] });
  expect(top('sticker').papers[0]!.card).toBe(24);
  expect(top('dyslex').papers[0]!.card).toBe(17);
  const misspelt = top('tutring of dyslexai');
  expect(misspelt.corrections).toEqual([
    { from: 'tutring', to: 'tutoring' },
    { from: 'dyslexai', to: 'dyslexia' },
  ]);
  expect(misspelt.papers[0]!.card).toBe(17);
  expect(top('zzzzqqqq')).toEqual({ papers: [], total: 0, corrections: [] });
});

test.each([
  '"',
  '*',
  'a OR',
  "'; DROP TABLE papers; --",
  'NEAR(',
  '\0',
  '-',
  '😀',
  'title:',
  '(()',
  'the of',
])('a search for %j is only a search', (q) => {
  const { papers } = catalogued();
  expect(() => titles(papers, { q })).not.toThrow();
  expect(titles(papers, {})).toHaveLength(48);
});

test('words that no paper has in common are found by meaning', async () => {
  const papers = papersOf(testDatabase());
  const about = (title: string, abstract: string) => record(title, { abstract });
  papers.add(
    [
      about('One', 'pupils learn to read with a tutor in school'),
      about('Two', 'a tutor helps pupils in school with homework'),
      about('Three', 'homework of pupils is read by the tutor'),
      about('Four', 'galaxies and stars emit light in space'),
      about('Five', 'light of distant stars reaches us through space'),
      about('Six', 'galaxies hold stars, and space holds galaxies'),
    ],
    now,
  );
  expect(titles(papers, { q: 'homework' }).sort()).toEqual(['Three', 'Two']);
  await papers.settled();
  expect(titles(papers, { q: 'homework' })).toHaveLength(3);
  expect(titles(papers, { q: 'homework' })[2]).toBe('One');
  const similar = papers.similar('four', 2, claims)!;
  expect(similar.map(({ title }) => title).sort()).toEqual(['Five', 'Six']);
  expect(similar[0]!.similarity).toBeGreaterThanOrEqual(similar[1]!.similarity);
});

test('a paper that has changed is found by its new text', async () => {
  const papers = papersOf(testDatabase());
  papers.add([record('Teaching', { arxiv: '2502.00001', abstract: 'short' }), record('Other')], now);
  await papers.settled();
  const again = papers.add(
    [record('Teaching', { arxiv: '2502.00001', abstract: 'much longer, about giraffes' })],
    now,
  );
  expect(again).toEqual({ added: 0, updated: 1, unchanged: 0, papers: ['2502.00001'] });
  expect(titles(papers, { q: 'giraffe' })).toEqual(['Teaching']);
  expect(titles(papers, { q: 'short' })).toEqual([]);
});

test('a paper of the index and of a feed is one, and keeps our summary', () => {
  const { papers } = catalogued();
  const feed = record('Cyclical Curriculum Learning.', {
    arxiv: '2202.05531',
    abstract: 'An abstract.',
    authors: ['A', 'B', 'C'],
    upvotes: 7,
    comments: 2,
    listed: '2025-12-09',
  });
  expect(papers.add([feed], now)).toMatchObject({ added: 0, updated: 1 });
  expect(papers.paper('2202.05531', claims)).toMatchObject({
    title: 'Cyclical Curriculum Learning',
    summaryBy: 'tutelage',
    abstract: 'An abstract.',
    authors: ['A', 'B', 'C'],
    upvotes: 7,
    comments: 2,
  });
  papers.add([{ ...feed, upvotes: 9 }], new Date('2025-12-11T12:00:00Z'));
  expect(papers.paper('2202.05531', claims)!.upvoteHistory).toEqual([
    { day: '2025-12-10', upvotes: 7 },
    { day: '2025-12-11', upvotes: 9 },
  ]);
  expect(papers.days()).toEqual({ days: [{ day: '2025-12-09', papers: 1 }] });
  expect(titles(papers, { day: '2025-12-09' })).toEqual(['Cyclical Curriculum Learning']);
  expect(papers.addCatalogue(now)).toMatchObject({ unchanged: 48 });
});

test('votes and bookmarks are toggles', () => {
  const { papers } = catalogued();
  expect(papers.mark('2202.05531', 'upvoted', true, claims)).toMatchObject({ upvotes: 1, upvoted: true });
  expect(papers.mark('2202.05531', 'upvoted', true, claims)).toMatchObject({ upvotes: 1 });
  expect(papers.mark('2202.05531', 'bookmarked', true, claims)).toMatchObject({
    bookmarked: true,
    upvoted: true,
  });
  expect(titles(papers, { bookmarked: 'true' })).toEqual(['Cyclical Curriculum Learning']);
  expect(papers.mark('2202.05531', 'upvoted', false, claims)).toMatchObject({ upvotes: 0, upvoted: false });
  expect(papers.mark('absent', 'upvoted', true, claims)).toBeUndefined();
});

test('trending weighs votes, comments and runs that held against age', () => {
  const { papers } = catalogued();
  const fresh = { published: '2025-12-09', listed: '2025-12-09' };
  papers.add(
    [
      record('New and quiet', fresh),
      record('New and liked', { ...fresh, upvotes: 5 }),
      record('New and discussed', { ...fresh, comments: 3 }),
      record('Old and liked', { published: '2024-12-09', upvotes: 500 }),
    ],
    now,
  );
  const order = titles(papers, { sort: 'trending' });
  expect(order.slice(0, 3)).toEqual(['New and discussed', 'New and liked', 'Old and liked']);
  // A run that held counts, even of an old paper.
  expect(order[3]).toMatch(/^Teacher algorithms/);
});

test('comments have answers, and go with what they answer', () => {
  const { papers, db } = catalogued();
  const slug = '2202.05531';
  const first = addComment(db, slug, { author: 'me', text: 'Does it hold?' }, now)!;
  const answer = addComment(db, slug, { author: 'you', text: 'It does.', parent: first.id }, now)!;
  expect(commentsOn(db, slug)).toEqual([first, answer]);
  expect(answer).toEqual({ id: 2, parent: 1, author: 'you', text: 'It does.', created: now.toISOString() });
  expect(papers.paper(slug, claims)!.comments).toBe(2);
  expect(addComment(db, 'absent', { author: 'me', text: 'x' }, now)).toBeUndefined();
  expect(addComment(db, '1910.07224', { author: 'me', text: 'x', parent: first.id }, now)).toBeUndefined();
  expect(removeComment(db, first.id)).toBe(true);
  expect(removeComment(db, first.id)).toBe(false);
  expect(commentsOn(db, slug)).toEqual([]);
  expect(papers.paper(slug, claims)!.comments).toBe(0);
});

test('the text of a page is read and imported again without a change', () => {
  const papers = papersOf(testDatabase());
  const page = 'Dec 9\n\nA title\n\nAn abstract of it.\n\n  • 2 authors\n·\nFeb 3 4\n';
  expect(papers.add(readPapers(page, '2025-12-10'), now)).toEqual({
    added: 1,
    updated: 0,
    unchanged: 0,
    papers: ['a-title'],
  });
  expect(papers.add(readPapers(page, '2025-12-10'), now)).toEqual({
    added: 0,
    updated: 0,
    unchanged: 1,
    papers: ['a-title'],
  });
});
