import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suggestionApp } from '../../src/serve/app.js';
import { loadRetriever } from '../../src/students/load-retriever.js';
import { similarity } from '../../src/students/similarity.js';
import { openSuggestions, type Suggestions } from '../../src/students/suggestions.js';
import { testFolder, userError } from '../tasks/folder.js';
import { teach } from './taught.js';

const folder = testFolder();
const topics = {
  math: ['fractions', 'triangles', 'equations', 'percentages'],
  french: ['participles', 'adverbs', 'commas', 'plurals'],
} as const;
const asks = [
  'how do',
  'why do',
  'what are',
  'help with',
  'a rule for',
  'an example of',
  'where are',
  'exercise on',
];
const pages = Object.entries(topics).flatMap(([subject, own]) =>
  own.map((topic) => `${topic},https://help.example/p/${topic},${topic},all about ${topic},${subject},3`),
);
const questions = Object.entries(topics).flatMap(([subject, own]) =>
  own.flatMap((topic) =>
    asks.map((ask, i) => ({ subject, topic, text: `${ask} ${topic}`, id: `${topic}${i}`, user: `u${i}` })),
  ),
);
folder.write(
  'forum/pages.csv',
  `id,url,title,text,subject,grade\n${pages.join('\n')}\nlost,https://help.example/p/lost,lost,never linked,math,3\n`,
);
folder.write(
  'forum/questions.csv',
  `id,text,subject,grade,user\n${questions.map(({ id, text, subject, user }) => `${id},${text},${subject},3,${user}`).join('\n')}\nopen,nobody answered this,math,3,u9\n`,
);
folder.write(
  'forum/answers.csv',
  `question,text\n${questions.map(({ id, topic }) => `${id},see https://help.example/p/${topic}`).join('\n')}\nopen,see https://help.example/p/gone\ncommas0,see https://help.example/zonedentraide/discussion/commas1\n`,
);
const settings = { pageLinks: '/p/', batchSize: 8, steps: 40 };
const path = (name: string) => join(folder.path, name);
const written = (name: string) => readFileSync(path(`taught/${name}`), 'utf8');

let taught: Awaited<ReturnType<typeof teach>>;
let suggestions: Suggestions;
beforeAll(async () => {
  taught = await teach('alloprof', path('forum'), settings, path('taught'));
  suggestions = await openSuggestions(path('taught'));
});
afterAll(() => suggestions?.dispose());

test('says what links there are, and how much of them is possible', () => {
  expect(taught.said).toContain(
    '64 of 65 questions are linked to one of 74 documents: 40 to learn from, 8 for validation, 16 for the test',
  );
  expect(taught.said.join('\n')).toContain(
    '1 links lead to nothing in the collection, such as https://help.example/p/gone (question open)',
  );
  expect(taught.said.join('\n')).toMatch(/100\.0.% of 65 links are possible/);
  expect(taught.lines[0]).toMatch(/^BM25 on words: nDCG@10 \d/);
  expect(taught.lines.join('\n')).toMatch(/subject math: nDCG@10 \d.* of 8 questions/);
});

test('leaves a report, tables without users, and lists of what is missing', () => {
  const report = JSON.parse(written('report.json'));
  expect(report.results).toHaveLength(4);
  for (const { all, possible } of report.results) {
    expect(possible.metrics['R@1'].estimate).toBeGreaterThanOrEqual(all.metrics['R@1'].estimate);
  }
  expect(report.abstention).toHaveLength(10);
  expect(report.grades).toEqual([expect.objectContaining({ group: '3', questions: 16 })]);
  expect(written('never-linked.txt')).toBe('lost\n');
  expect(written('unmatched.tsv')).toBe('open\thttps://help.example/p/gone\n');
  expect(written('table.jsonl').trim().split('\n')).toHaveLength(9 + 65);
  expect(written('table.jsonl')).not.toContain('u9');
});

test('leaves an encoder that reads misspelt words', async () => {
  const encoder = await loadRetriever(path('taught/student'));
  const [asked, misspelt, other] = await encoder.embed(['triangles', 'triangels', 'adverbs']);
  await encoder.dispose();
  expect(encoder.description.preset).toBe('character-bag');
  expect(similarity(asked!, misspelt!)).toBeGreaterThan(0.5);
  expect(similarity(asked!, misspelt!)).toBeGreaterThan(similarity(asked!, other!) + 0.3);
});

test('suggests by the encoder, and nothing below the threshold', async () => {
  const about = JSON.parse(written('suggest.json'));
  folder.write('taught/suggest.json', JSON.stringify({ ...about, system: 'encoder', threshold: 0.3 }));
  const byEncoder = await openSuggestions(path('taught'));
  const found = await byEncoder.suggest('a rule for adverbs', { subject: 'french' }, 30);
  expect(found.map(({ id }) => id)).toContain('adverbs');
  for (const { score } of found) expect(score).toBeGreaterThanOrEqual(0.3);
  await byEncoder.dispose();
  folder.write('taught/suggest.json', '{}');
  expect((await userError(openSuggestions(path('taught')))).message).toContain(
    'not suggestions, or damaged: ',
  );
  folder.write('taught/suggest.json', JSON.stringify(about));
});

test('suggests the pages of a subject, also over HTTP', async () => {
  const found = await suggestions.suggest('I need help with triangles', { subject: 'math' }, 30);
  expect(found.slice(0, 9).map(({ id }) => id)).toContain('triangles');
  const french = await suggestions.suggest('I need help with triangles', { subject: 'french', grade: 3 }, 99);
  expect(french.map(({ title }) => title).join()).not.toContain('triangles');
  const app = suggestionApp(suggestions, { maxBody: 2000, maxQueue: 8, maxBatch: 4, batchWait: 1 });
  const ask = (body: unknown) =>
    app.fetch(
      new Request('http://local/suggest', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  const answer = await ask({ question: 'I need help with triangles', subject: 'math', count: 3 });
  expect(await answer.json()).toEqual({ suggestions: found.slice(0, 3) });
  expect((await ask({ subject: 'math' })).status).toBe(400);
});

test.each([
  [{ batchSize: 64 }, 'fewer pairs than a batch has: '],
  [{ pageLinks: '/nowhere/', questionLinks: 'nowhere' }, 'no supervision found: check the link patterns'],
  [{ related: 'nowhere.json' }, 'not a file of related subjects: nowhere.json'],
])('%j is refused', async (change, message) => {
  const run = teach('alloprof', path('forum'), { ...settings, steps: 1, ...change }, path('refused'));
  expect((await userError(run)).message).toContain(message);
});

test('stops when told to, and keeps what was learned so far', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  const { lines } = await teach(
    'alloprof',
    path('forum'),
    { ...settings, steps: 1_000_000 },
    path('stopped'),
    stop.signal,
  );
  expect(lines.at(-1)).toContain('tutelage serve');
});
