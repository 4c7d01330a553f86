import { expect, test } from 'vitest';
import { loadMethod, methodIds } from '../../src/methods/index.js';
import { arxivYear, catalogue, titleKey } from '../../src/papers/index.js';
import { seedPapers, seedTitle } from './seed.js';

test('the index has the listing page and 47 papers, each once, in the order of their cards', () => {
  expect(catalogue.map(({ card }) => card)).toEqual(Array.from({ length: 48 }, (_, i) => i));
  expect(new Set(catalogue.map(({ title }) => titleKey(title))).size).toBe(48);
  expect(new Set(catalogue.flatMap(({ arxiv }) => arxiv ?? [])).size).toBe(47);
  expect(catalogue.filter(({ published }) => published === undefined).map(({ title }) => title)).toEqual([
    'Daily Papers',
    'Skill-Targeted Adaptive Training',
  ]);
});

test('a paper was published in the year of its arXiv id', () => {
  for (const { arxiv, published } of catalogue) {
    if (arxiv && published) expect(`${arxivYear(arxiv)}`).toBe(published.slice(0, 4));
  }
});

test.each(catalogue.map((paper) => [paper.title, paper] as const))(
  'the summary of %s is two sentences',
  (_, { summary }) => {
    expect(summary.match(/[.!?](?= [A-Z]|$)/g)).toHaveLength(2);
    expect(summary.length).toBeLessThan(300);
  },
);

// Titles may be a later version's.
test.each(methodIds)('the paper of %s is in the index', async (id) => {
  const { paper } = (await loadMethod(id)).method;
  expect(catalogue[paper.card]!.arxiv).toBe(paper.arxiv);
});

test.skipIf(!seedPapers)(`all papers of the saved listing page are in the index${seedTitle}`, () => {
  expect(seedPapers!.map(({ title }) => title)).toEqual(catalogue.slice(1).map(({ title }) => title));
  for (const [i, { published, authorCount }] of seedPapers!.entries()) {
    expect({ published, authorCount }).toEqual({
      published: catalogue[i + 1]!.published,
      authorCount: catalogue[i + 1]!.authorCount,
    });
  }
});

test.skipIf(!seedPapers)(`the facts of the saved listing page are read exactly${seedTitle}`, () => {
  const papers = seedPapers!;
  expect(papers).toHaveLength(47);
  const years = papers.flatMap(({ published }) => published?.slice(0, 4) ?? []);
  const counts = Object.fromEntries(
    [...new Set(years)].sort().map((y) => [y, years.filter((x) => x === y).length]),
  );
  expect(counts).toEqual({ 2017: 1, 2019: 2, 2021: 1, 2022: 4, 2023: 10, 2024: 16, 2025: 12 });
  expect(papers.filter(({ authorCount }) => authorCount === undefined).map(({ title }) => title)).toEqual([
    'Skill-Targeted Adaptive Training',
  ]);
  expect(papers.flatMap(({ comments }) => comments ?? [])).toEqual([2, 2, 2, 2, 1, 3, 2]);
  const words = papers.map(({ abstract }) => abstract!.split(/\s+/).length);
  expect([Math.min(...words), Math.max(...words)]).toEqual([181, 286]);
  expect(papers.filter(({ links }) => links.length > 0)).toHaveLength(17);
  expect(new Set(papers.map(({ listed }) => listed))).toEqual(new Set(['2025-12-09']));
});
