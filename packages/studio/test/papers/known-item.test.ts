import { expect, test } from 'vitest';
import { seedPapers, seedTitle } from '../../../tutelage/test/papers/seed.js';
import { paperQuerySchema } from '../../src/api/index.js';
import { papersOf } from '../../src/papers/papers.js';
import { testDatabase } from '../support/database.js';

const now = new Date('2025-12-10T12:00:00Z');

test.skipIf(!seedPapers)(`a title finds its abstract among those of all papers${seedTitle}`, async () => {
  const papers = papersOf(testDatabase());
  papers.add(
    seedPapers!.map(({ abstract }, i) => ({ title: `${i}`, abstract: abstract!, authors: [], links: [] })),
    now,
  );
  await papers.settled();
  const first = seedPapers!.filter(({ title }, i) => {
    const { papers: found } = papers.page(paperQuerySchema.parse({ q: title }), new Map(), now);
    return found[0]!.title === `${i}`;
  });
  expect(first.length).toBeGreaterThanOrEqual(46);
});
