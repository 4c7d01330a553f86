import { expect, test } from 'vitest';
import { atomFeed, type DigestPaper, digest, readPapers } from '../../src/papers/index.js';

const papers: DigestPaper[] = [
  {
    id: '2502.00001',
    title: 'A <b>bold</b>\n title & "more"',
    summary: 'It teaches <script>alert(1)</script>.',
    authors: 'Ada, Ole',
    published: '2025-02-01',
    url: 'http://127.0.0.1:7878/papers/2502.00001?a=1&b=2',
    verdict: 'holds',
  },
  { id: 'only/a title', title: 'Second', summary: '', url: 'http://127.0.0.1:7878/papers/second' },
];

test('a digest as text and as HTML, in which nothing of a paper is markup', () => {
  const written = digest({
    topic: 'on retrieval',
    day: '2025-02-03',
    papers,
    unsubscribe: 'http://x/unsubscribe/t',
  });
  expect(written.subject).toBe('2 new papers on retrieval, 2025-02-03');
  expect(written.text).toBe(
    [
      '2 new papers on retrieval, 2025-02-03\n',
      'A <b>bold</b> title & "more"\nAda, Ole · 2025-02-01 · claim: holds\nIt teaches <script>alert(1)</script>.',
      'http://127.0.0.1:7878/papers/2502.00001?a=1&b=2\n',
      'Second\nhttp://127.0.0.1:7878/papers/second\n',
      'Unsubscribe: http://x/unsubscribe/t\n',
    ].join('\n'),
  );
  expect(written.html).not.toMatch(/<script|<b>/);
  expect(written.html).toContain('href="http://127.0.0.1:7878/papers/2502.00001?a=1&amp;b=2"');
});

test('a line feed in a topic makes no second header', () => {
  const { subject } = digest({
    topic: 'a\r\nBcc: b@c.d',
    day: '2025-02-03',
    papers,
    unsubscribe: 'http://x',
  });
  expect(subject).not.toMatch(/[\r\n]/);
});

test('an Atom feed is read back by our own reader', () => {
  const feed = atomFeed({
    title: 'New & good',
    url: 'http://x/feed?q=a&b',
    updated: '2025-02-03T00:00:00Z',
    papers,
  });
  const read = readPapers(feed, '2025-02-03');
  expect(read.map(({ title }) => title)).toEqual(['A <b>bold</b> title & "more"', 'Second']);
  expect(read[0]).toMatchObject({ authors: ['Ada, Ole'], abstract: papers[0]!.summary, arxiv: '2502.00001' });
});
