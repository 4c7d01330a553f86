import { describe, expect, test } from 'vitest';
import { bibtexEntries } from '../../src/tasks/bibtex-entries.js';
import { readPapersFile } from '../../src/tasks/papers-file.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const lines = (...rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');

test('papers are read from JSON lines', async () => {
  const path = folder.write(
    'papers.jsonl',
    lines(
      { id: 7, title: ' One ', abstract: 'Of it.', references: ['b', 9], entities: ['Deep  Nets'] },
      { arxiv: '2401.00001', title: 'Two', method: 'So.', embedding: [1, 2], upvotes: 3 },
      { title: 'Three' },
    ),
  );
  expect(await readPapersFile(path)).toEqual([
    { id: '7', title: 'One', abstract: 'Of it.', references: ['b', '9'], entities: ['deep nets'] },
    {
      id: '2401.00001',
      title: 'Two',
      abstract: '',
      method: 'So.',
      embedding: [1, 2],
      references: [],
      entities: [],
    },
    { id: 'Three', title: 'Three', abstract: '', references: [], entities: [] },
  ]);
});

test('and from bibliographies', async () => {
  const path = folder.write(
    'papers.bib',
    `@comment{x, title={not}}
@article{one, title = {A {GAN} of S\\'{e}ries \\& {{Parts}}}, year = 2020, abstract = "It has {q"}uotes", in it.",
  keywords={Deep Nets; graphs, } }
@misc{two,author={Nobody}}
@inproceedings{three, TITLE="Three" , abstract={never closed`,
  );
  expect(await readPapersFile(path)).toEqual([
    {
      id: 'one',
      title: 'A GAN of Series & Parts',
      abstract: 'It has q"uotes',
      references: [],
      entities: [],
    },
    { id: 'three', title: 'Three', abstract: 'never closed', references: [], entities: [] },
  ]);
  expect(
    bibtexEntries('@article{k, keywords={Deep Nets; graphs, }, title={T}}')[0]!.fields.get('keywords'),
  ).toBe('Deep Nets; graphs,');
});

describe('refused', () => {
  test.each([
    [
      'a line without a title',
      lines({ title: 'a' }, { abstract: 'b' }),
      /not a paper: .*papers\.jsonl:2: title:/,
    ],
    ['a field of another kind', lines({ title: 'a', references: 'b' }), /:1: references:/],
    ['what is no JSON', '{', /not a paper: .*:1/],
    ['an id twice', lines({ id: 1, title: 'a' }, { id: '1', title: 'b' }), /^id occurs twice: 1: /],
    ['nothing', '\n', /^no papers: /],
  ])('%s', async (_, content, message) => {
    const error = await userError(readPapersFile(folder.write('bad/papers.jsonl', content)));
    expect(error.message).toMatch(message);
  });

  test('a file that is not there', async () => {
    expect((await userError(readPapersFile('/nowhere/papers.bib'))).message).toBe(
      "can't read file: /nowhere/papers.bib",
    );
  });
});
