import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { helpCollection, inLanguage } from '../../src/tasks/help-desk/collection.js';
import { readHelpDesk } from '../../src/tasks/help-desk/help-desk.js';
import { linksOf } from '../../src/tasks/help-desk/links.js';
import { possibleDocuments } from '../../src/tasks/help-desk/possible.js';
import { relationsNamed } from '../../src/tasks/help-desk/relations.js';
import { richText } from '../../src/tasks/help-desk/rich-text.js';
import { sharedPath, testFolder, userError } from './folder.js';

const folder = testFolder();
const json = (name: string, content: unknown) => folder.write(name, JSON.stringify(content));
const patterns = {
  pageLinks: '/eleves/bv/',
  questionLinks: '/zonedentraide/discussion/([^/?#]+)',
  targets: 'both',
} as const;
const none = { relations: {}, gradesBelow: 0, gradesAbove: 0 };

describe('the files of Alloprof', () => {
  const site = 'https://www.alloprof.qc.ca';
  const body = (text: string, link?: string) =>
    JSON.stringify([{ insert: `${text}\n` }, ...(link ? [{ insert: { embed: { url: link } } }] : [])]);
  json('alloprof/data/questions/categories.json', [
    { CategoryID: 3, Name: 'Chimie' },
    { CategoryID: 8, Name: 'Mathématiques' },
  ]);
  json('alloprof/data/questions/discussions.json', [
    {
      DiscussionID: 1,
      Body: body('Comment  équilibrer?'),
      Language: 'fr',
      InsertUserID: 7,
      CategoryID: 3,
      GradeID: 10,
    },
    {
      DiscussionID: 2,
      Body: body('Une aire', 'https://img/x.png'),
      Language: 'fr',
      InsertUserID: 8,
      CategoryID: 8,
      GradeID: 13,
    },
    { DiscussionID: 3, Body: body('Pareil'), Language: 'en', InsertUserID: 8, CategoryID: 8, GradeID: 9 },
    ...Array.from({ length: 30 }, (_, i) => ({
      DiscussionID: 10 + i,
      Body: body(`texte ${i}`),
      Language: 'fr',
    })),
    { DiscussionID: 99, Body: '[]', Language: 'fr' },
  ]);
  json('alloprof/data/questions/comments.json', [
    {
      DiscussionID: 1,
      Body: body('Voici', `${site}/fr/eleves/bv/chimie/c1?x=1#y`),
      DateAccepted: '2022-01-01',
    },
    {
      DiscussionID: 2,
      Body: body('Voici', `${site}/zonedentraide/discussion/1/comment`),
      DateAccepted: '2022-01-01',
    },
    { DiscussionID: 2, Body: body('Rien', `${site}/fr/eleves/bv/chimie/c1`), DateAccepted: null },
    { DiscussionID: 3, Body: body('Perdu', `${site}/fr/eleves/bv/chimie/c9`), DateAccepted: '2022-01-01' },
  ]);
  const page = (uuid: string, link: string, topic: string, levels: number[] | null) => ({
    file: {
      uuid,
      lang: 'fr',
      topic,
      levels,
      title: `titre ${uuid}`,
      tags: ['mot'],
      metatags: [{ attributes: { content: 'contenu' } }, { attributes: { content: null } }],
      breadcrumbs: { current: { routerLink: link } },
    },
  });
  json('alloprof/data/pages/page-content-fr.json', {
    data: [page('u1', '/fr/eleves/bv/chimie/c1', 'Chimie', [9]), page('u2', '', 'Chimie', null)],
  });

  test('are read with subjects, grades and accepted answers', async () => {
    const desk = await readHelpDesk(join(folder.path, 'alloprof'));
    expect(desk.questions).toHaveLength(33);
    expect(desk.questions[0]).toMatchObject({
      id: '1',
      text: 'Comment équilibrer?',
      subjects: ['chemistry'],
      grades: [10],
      user: '7',
    });
    // A parent has no grade; what is not accepted is no answer.
    expect(desk.questions[1]).toMatchObject({
      grades: [],
      images: 1,
      answers: [expect.stringContaining('/discussion/1')],
    });
    expect(desk.pages).toEqual([
      expect.objectContaining({
        id: 'u1-fr',
        text: 'titre u1 mot contenu',
        subjects: ['chemistry'],
        grades: [9],
      }),
    ]);
    expect(desk.warnings).toEqual([
      '1 rows left out: text is missing',
      'personal data: ids of users (3 questions), images (1 questions): keep the data and what is written from them where they are',
    ]);
    expect(inLanguage(desk, 'fr').questions).toHaveLength(32);
    const none = userError(Promise.resolve().then(() => inLanguage(desk, 'en')));
    expect((await none).message).toBe('nothing in this language: en');
  });

  test('link pages by their paths and questions by their ids', async () => {
    const desk = await readHelpDesk(join(folder.path, 'alloprof'));
    const { relevant, unmatched } = linksOf(desk, patterns);
    expect([...relevant].map(([id, own]) => [id, ...own])).toEqual([
      ['1', 'u1-fr'],
      ['2', '1'],
    ]);
    expect(unmatched).toEqual([{ question: '3', target: `${site}/fr/eleves/bv/chimie/c9` }]);
    expect([...linksOf(desk, { ...patterns, targets: 'questions' }).relevant.keys()]).toEqual(['2']);
  });

  test('need patterns that find something', async () => {
    const desk = await readHelpDesk(join(folder.path, 'alloprof'));
    const nothing = userError(
      Promise.resolve().then(() => linksOf(desk, { ...patterns, pageLinks: 'zzz', questionLinks: 'zzz' })),
    );
    expect((await nothing).message).toBe('no supervision found: check the link patterns');
    const broken = userError(Promise.resolve().then(() => linksOf(desk, { ...patterns, pageLinks: '(' })));
    expect((await broken).message).toBe('not a regular expression: pageLinks=(');
  });

  test.skipIf(!sharedPath('data', 'alloprof-meta'))('name the subjects of the real categories', async () => {
    const { alloprofRelations, subjectNamed } = await import(
      '../../src/tasks/help-desk/alloprof-subjects.js'
    );
    const read = (name: string) =>
      JSON.parse(readFileSync(sharedPath('data', 'alloprof-meta', name)!, 'utf8'));
    expect(alloprofRelations).toEqual(read('related_subjects.json'));
    const names: { CategoryID: number; Name: string }[] = read('categories.json');
    const subjects = new Set(names.map(({ Name }) => subjectNamed(Name)));
    expect([...subjects].sort()).toEqual(Object.keys(alloprofRelations).sort());
    expect(
      names.filter(({ Name }) => subjectNamed(Name) === 'other').map(({ CategoryID }) => CategoryID),
    ).toEqual([-1, 12, 23]);
  });
});

test('rich text holds words, addresses and nothing else', () => {
  const body = JSON.stringify([
    { insert: ' a\n b ' },
    { attributes: { bold: 'c' }, insert: { x: { url: ' http://u ' } } },
  ]);
  expect(richText(body)).toEqual({ text: 'a b http://u', links: ['http://u'] });
  expect(richText('no  JSON')).toEqual({ text: 'no JSON', links: [] });
});

describe('what is possible', () => {
  const page = (subjects: string[], grades: number[], language?: string) => ({
    subjects,
    grades,
    language,
    isPage: true,
  });
  const documents = [
    page(['math'], [3, 4]),
    page(['physics'], [4]),
    page([], []),
    { ...page(['math'], [5]), isPage: false },
  ];
  const ask = (subject: string, grade: number, widening: Partial<typeof none> = {}) =>
    possibleDocuments(documents, { ...none, ...widening })({
      subjects: [subject],
      grades: [grade],
      language: 'fr',
    });

  test('has the same subject and grade, and those of which nothing is known', () => {
    expect(ask('math', 3)).toEqual([0, 2]);
    expect(ask('math', 5)).toEqual([2, 3]);
  });

  test('is widened by grades and related subjects, for pages alone', () => {
    expect(ask('math', 2, { gradesBelow: 1 })).toEqual([0, 2]);
    expect(ask('math', 6, { gradesAbove: 2 })).toEqual([0, 2]);
    expect(ask('math', 4, { relations: { physics: ['math'] } })).toEqual([0, 1, 2]);
    expect(ask('history', 9)).toEqual([2]);
  });

  test('is told by a table of subjects, which must be one', async () => {
    expect((await relationsNamed('alloprof')).physics).toEqual(['other', 'science', 'math', 'chemistry']);
    const path = folder.write('relations.json', '{"math": "physics"}');
    expect((await userError(relationsNamed(path))).message).toBe(`not a file of related subjects: ${path}`);
  });
});

describe('plain tables', () => {
  const questions = Array.from(
    { length: 40 },
    (_, i) => `q${i},text ${i},u${i % 20},2024-01-${10 + (i % 20)}`,
  );
  const write = (name: string, pages = 'id,url,text\np1,https://help/a,first\np2,/b/,second\n') => {
    folder.write(`${name}/questions.csv`, `id,text,user,time\n${questions.join('\n')}\n`);
    folder.write(
      `${name}/answers.csv`,
      `question,text\n${questions.map((_, i) => `q${i},"see https://help/${i % 2 ? 'a' : 'b'}."`).join('\n')}\n`,
    );
    folder.write(`${name}/pages.csv`, pages);
    return join(folder.path, name);
  };
  const links = { ...patterns, pageLinks: 'help' };

  test('are divided by user, the latest for the test', async () => {
    const desk = await readHelpDesk(write('plain'));
    const found = linksOf(desk, links);
    const { own, asked } = helpCollection(desk, found, { ...none, targets: 'pages', split: 'user', seed: 1 });
    const users = (split: 'train' | 'validation' | 'test') =>
      new Set(own.splits[split].map(({ query }) => asked[query]!.user));
    expect([...users('test')].sort()).toEqual(['u16', 'u17', 'u18', 'u19']);
    expect([...users('validation')].sort()).toEqual(['u14', 'u15']);
    expect(users('train').size).toBe(14);
    expect(own.passages).toHaveLength(2);
    expect([own.isWrong(0, 1), own.isWrong(0, 0)]).toEqual([false, true]);
  });

  test('leave questions out of what is looked for where no answer leads to one', async () => {
    const path = write('both');
    const options = { ...none, targets: 'both', split: 'user', seed: 1 } as const;
    const collected = async () => {
      const desk = await readHelpDesk(path);
      return helpCollection(desk, linksOf(desk, links), options);
    };
    expect((await collected()).documents.map(({ id }) => id)).toEqual(['p1', 'p2']);
    const before = readFileSync(join(path, 'answers.csv'), 'utf8');
    folder.write('both/answers.csv', `${before}q0,https://x/zonedentraide/discussion/q3\n`);
    const { documents, possible } = await collected();
    expect(documents).toHaveLength(2 + 40);
    // A question does not answer itself.
    expect(possible(0).map((place) => documents[place]!.id)).not.toContain('q0');
    expect(possible(0)).toHaveLength(41);
  });

  test('do not count answers that were not accepted', async () => {
    const path = write('accepted');
    folder.write(
      'accepted/answers.csv',
      'question,text,accepted\nq0,see https://help/a,1\nq1,see https://help/a,0\n',
    );
    expect([...linksOf(await readHelpDesk(path), links).relevant.keys()]).toEqual(['q0']);
  });

  test('may have pages as files', async () => {
    const path = write('files');
    rmSync(join(path, 'pages.csv'));
    folder.write(
      'files/pages/maths/aire.html',
      '<html><title>L&#39;aire</title><style>x{}</style><p>d&amp;un&nbsp;carré</p></html>',
    );
    folder.write('files/pages/b.md', '# Les fractions\nUne *part* de [tout](x).');
    const { pages } = await readHelpDesk(path);
    expect(pages.map(({ id, url, title, text }) => [id, url, title, text])).toEqual([
      ['b.md', '/b', 'Les fractions', 'Les fractions Une part de tout x .'],
      ['maths/aire.html', '/maths/aire', "L'aire", "L'aire d&un carré"],
    ]);
  });

  test.each([
    ['repeated', 'id,text\np1,a\np1,b\n', 'page ids that occur twice: 1'],
    ['columns', 'id,words\np1,a\n', 'no column text: '],
    ['empty', `id,text\n${questions.map((_, i) => `p${i},\n`).join('')}`, 'text is missing'],
  ])('%s pages are refused', async (name, pages, message) => {
    const error = await userError(readHelpDesk(write(name, pages)));
    expect(`${error.message} ${error.detail}`).toContain(message);
  });

  test('that are not there are refused', async () => {
    expect((await userError(readHelpDesk('nowhere'))).message).toBe('no such folder: nowhere');
    const path = write('few');
    folder.write('few/questions.csv', 'id,text\nq0,one\nq1,two\n');
    const desk = await readHelpDesk(path);
    const options = { ...none, targets: 'pages', split: 'user', seed: 1 } as const;
    const few = userError(Promise.resolve().then(() => helpCollection(desk, linksOf(desk, links), options)));
    expect((await few).message).toBe('too few questions with a link: 2');
  });
});

test('the files of the benchmark bring their ids and their test', async () => {
  json('benchmark/documents.json', [
    { uuid: 'd1', title: 't', text: 'one' },
    { uuid: 'd2', text: 'two' },
  ]);
  json('benchmark/queries-train.json', [{ id: 1, text: 'a', relevant: ['d1', 'gone'], subject: 'math' }]);
  folder.write(
    'benchmark/queries-test.json',
    '{"id": 2, "text": "b", "relevant": ["d2"]}\n{"id": 3, "text": "c", "relevant": []}\n',
  );
  const desk = await readHelpDesk(join(folder.path, 'benchmark'));
  expect(desk.questions.map(({ id, split }) => [id, split])).toEqual([
    ['1', 'train'],
    ['2', 'test'],
    ['3', 'test'],
  ]);
  const { relevant, unmatched } = linksOf(desk, patterns);
  expect([...relevant.keys()]).toEqual(['1', '2']);
  expect(unmatched).toEqual([{ question: '1', target: 'gone' }]);
});
