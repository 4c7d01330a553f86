import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { arxivIdIn, arxivYear, mergedPaper, readPapers, withoutDuplicates } from '../../src/papers/index.js';

const today = '2025-03-05';
const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
const read = (name: string) => readPapers(fixture(name), today);

test('the text of a listing page is read, a paper without its block included', () => {
  const papers = read('listing.txt');
  expect(papers.map(({ title }) => title)).toEqual([
    'Patient Teachers: How Slowly Should a Student Be Taught?',
    'A Paper Whose Block Is Missing',
    'Homework, Rewritten: 31 Ways',
    'Days and Counts',
    'Days, Years and Counts',
  ]);
  expect(papers.map(({ published }) => published)).toEqual([
    '2024-07-18',
    undefined,
    '2025-10-02',
    '2025-02-26',
    '2024-10-11',
  ]);
  expect(papers.map(({ authorCount }) => authorCount)).toEqual([6, undefined, 1, 12, 3]);
  expect(papers.map(({ comments }) => comments)).toEqual([undefined, undefined, undefined, 2, 3]);
  expect(papers.map(({ listed }) => listed)).toEqual(Array(5).fill('2025-03-02'));
  expect(papers[0]!.links).toEqual([{ title: 'example.org', url: 'https://example.org/patient' }]);
});

test("a page's day that is still to come was last year's", () => {
  const papers = readPapers(fixture('listing.txt'), '2025-03-01');
  expect(papers[0]!.listed).toBe('2024-03-02');
  expect(papers[3]!.published).toBe('2024-02-26');
});

test('the HTML of a listing page is read, with ids from its links', () => {
  expect(read('daily.html')).toEqual([
    {
      title: 'Patient Teachers: How Slowly Should a Student Be Taught?',
      arxiv: '2407.13254',
      abstract: 'We ask how & why.',
      authors: [],
      authorCount: 6,
      published: '2024-07-18',
      listed: '2025-03-02',
      comments: 2,
      links: [],
    },
    {
      title: 'Second',
      arxiv: '2502.00001',
      abstract: 'Its abstract.',
      authors: [],
      authorCount: 2,
      published: '2025-02-03',
      listed: '2025-03-02',
      links: [],
    },
  ]);
});

test('the data that a page brings for its scripts come before its text', () => {
  const props = JSON.stringify({ dailyPapers: JSON.parse(fixture('daily.json')), other: [1, 2] });
  const page = `<!doctype html><body><div data-props="${props.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></div></body>`;
  expect(readPapers(page, today)).toEqual(read('daily.json'));
});

test("Hugging Face's JSON is read with every field optional, and no link that runs a script", () => {
  expect(read('daily.json')).toEqual([
    {
      title: 'Second Paper',
      arxiv: '2502.00001',
      abstract: 'An abstract of two lines.',
      authors: ['Ada Lovelace', 'Ole'],
      authorCount: 2,
      published: '2025-02-01',
      listed: '2025-02-03',
      upvotes: 12,
      comments: 4,
      machineSummary: "A machine's sentence.",
      links: [{ title: 'code', url: 'https://github.com/example/second' }],
    },
    { title: 'Only a title', authors: [], links: [] },
  ]);
  const [, one] = JSON.parse(fixture('daily.json')) as { paper: object }[];
  expect(readPapers('[]', today)).toEqual([]);
  expect(readPapers(JSON.stringify({ id: '2502.00001', title: 'T', ...one!.paper }), today)[0]!.title).toBe(
    'T',
  );
});

test("arXiv's Atom is read", () => {
  expect(read('arxiv.xml')).toEqual([
    {
      title: 'Second Paper & More',
      arxiv: '2502.00001',
      abstract: 'Less <than> two lines.',
      authors: ['Ada Lovelace', 'Ole'],
      authorCount: 2,
      published: '2025-02-01',
      links: [{ title: 'journal', url: 'http://dx.doi.org/10.1/x' }],
    },
  ]);
});

test('a feed without entries is none of a fault; one that tells of an error is', () => {
  const feed = (inside: string) =>
    `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">${inside}</feed>`;
  expect(readPapers(feed('<title>x</title>'), today)).toEqual([]);
  const error =
    '<entry><id>http://arxiv.org/api/errors#bad</id><title>Error</title><summary>incorrect id format</summary></entry>';
  expect(() => readPapers(feed(error), today)).toThrow('arXiv refuses the question: incorrect id format');
});

test.each([
  ['a text that is no listing', 'Dear reader,\n\nDec 9\n\nnothing here'],
  ['broken JSON', '[{"paper":'],
  ['other JSON', '{"a": 1}'],
  ['a page without papers', '<!doctype html><p>hello</p>'],
  ['nothing', ''],
  ['an entity bomb', '<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aa">]><feed>&a;'],
])('%s is refused with a reason', (_, content) => {
  expect(() => readPapers(content, today)).toThrow(UserError);
});

test('papers cut anywhere are read or refused, and nothing else', () => {
  for (const name of ['listing.txt', 'daily.html', 'daily.json', 'arxiv.xml']) {
    const content = fixture(name);
    for (let end = 0; end < content.length; end += 7) {
      try {
        for (const { title } of readPapers(content.slice(0, end), today)) expect(title).not.toBe('');
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
  }
});

test('a paper is one by its arXiv id, or by its title', () => {
  const paper = (title: string, arxiv?: string, upvotes?: number) => ({
    title,
    authors: [],
    links: [],
    ...(arxiv !== undefined && { arxiv }),
    ...(upvotes !== undefined && { upvotes }),
  });
  const merged = withoutDuplicates([
    paper('Deep: Teaching!', undefined, 1),
    paper('deep teaching', '2502.00001', 5),
    paper('Another name since version 2', '2502.00001'),
    paper('Deep Teaching', '2502.00002'),
  ]);
  expect(merged).toEqual([
    { title: 'Deep: Teaching!', arxiv: '2502.00001', upvotes: 5, authors: [], links: [] },
    { title: 'Deep Teaching', arxiv: '2502.00002', authors: [], links: [] },
  ]);
});

test('of two records each gives what it knows', () => {
  const [, second] = read('daily.html');
  const [daily] = read('daily.json');
  expect(mergedPaper(second!, daily!)).toMatchObject({
    title: 'Second',
    abstract: 'An abstract of two lines.',
    authors: ['Ada Lovelace', 'Ole'],
    published: '2025-02-03',
    upvotes: 12,
    comments: 4,
  });
});

test.each([
  ['2407.13254', '2407.13254'],
  ['arXiv:2407.13254v3', '2407.13254'],
  ['https://arxiv.org/pdf/2407.13254v1.pdf', '2407.13254'],
  ['http://arxiv.org/abs/cs.LG/0501001v2', 'cs/0501001'],
  ['hep-th/9901001', 'hep-th/9901001'],
  ['10.1000/2407', undefined],
  ['2413.12345', undefined],
  ['12407.13254', undefined],
])('the arXiv id in %s is %s', (text, id) => {
  expect(arxivIdIn(text)).toBe(id);
});

test('the year is in the id', () => {
  expect(['2510.10023', 'hep-th/9901001', 'cs/0501001'].map(arxivYear)).toEqual([2025, 1999, 2005]);
});
