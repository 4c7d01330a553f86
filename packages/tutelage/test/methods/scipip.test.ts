import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { scipip } from '../../src/methods/retrieval/scipip.js';
import { entitiesFrom, ideasIn, isNone, partsOfAbstract } from '../../src/teachers/idea-prompts.js';
import { type FakeServer, startFakeServer } from '../language/endpoint/fake-server.js';
import { testFolder, userError } from '../tasks/folder.js';
import { teach } from './taught.js';

const folder = testFolder();
const subjects = ['graph neural networks', 'speech recognition', 'image captioning', 'program synthesis'];
const papers = Array.from({ length: 24 }, (_, i) => ({
  id: `p${i}`,
  title: `Study ${i} of ${subjects[i % 4]}`,
  abstract: `Research on ${subjects[i % 4]} lacks data of kind${i % 3}. We train on kind${i % 3} and kind${i % 5} with method${i}.`,
  entities: i < 12 ? [subjects[i % 4], `kind${i % 3}`] : [],
  references: i === 20 ? ['p0', 'p1', 'elsewhere'] : [],
}));
const lines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const background = 'Methods for graph neural networks lack data of kind0, and are slow.';

let number = 0;
/** The path of a user's file; `change` is of the plan, `rows` are of the papers. */
function data(change: object = {}, rows: readonly unknown[] = papers): string {
  const at = `own-${number++}`;
  folder.write(`${at}/papers.jsonl`, lines(rows));
  return folder.write(`${at}/plan.json`, JSON.stringify({ papers: 'papers.jsonl', background, ...change }));
}

let server: FakeServer;
/** What the model says to a prompt, first match first. */
let script: readonly (readonly [RegExp, string | ((prompt: string) => string)])[] = [];
/** Prompts that the endpoint fails at. */
let failing = /^$/;
const usual: typeof script = [
  [/Name up to 5/, 'sparse sampling, graph neural networks'],
  [/Name up to 10/, 'Speech Recognition, kind1'],
  [/Explain the problem/, 'In plain words: graphs are large.'],
  [/without regard to what has been published/, '**Idea 1**\nSample edges.\n**Idea 2**\nShare weights.'],
  [/how its method works/, (prompt) => `It is method${/method(\d+)/.exec(prompt)?.[1]}.`],
  [/could help with the problem/, (prompt) => (prompt.includes('Study 0 ') ? 'None.' : 'Train on it first.')],
  [/3 or 4 ideas for the problem/, '**Idea 1:**\nPretrain.\nFrom: P1, P2\n\n**Idea 2**\nPrune.\nFrom: P9999'],
  [
    /take up the best of both/,
    '**Idea 1**\nPretrain and sample.\nFrom: P1, B1\n**Idea 2**\nShare.\nFrom: B2',
  ],
  [/most promising of these/, '**Idea 1**\nPretrain.\nFrom: P1'],
  [/Describe the method in detail/, 'Step one, step two.'],
  [/Rate the idea/, 'Here: {"clarity": 7, "novelty": 4.5, "feasibility": 8, "generality": 3}'],
];
beforeAll(async () => {
  server = await startFakeServer({
    fault: (_, __, { messages }) => (failing.test(messages.at(-1)!.content) ? '400' : 'ok'),
    answer(prompt) {
      const [, answer = 'no script'] = [...script, ...usual].find(([mark]) => mark.test(prompt)) ?? [];
      return typeof answer === 'string' ? answer : answer(prompt);
    },
  });
});
beforeEach(() => {
  script = [];
  failing = /^$/;
});
afterAll(() => server.close());

const model = () => `llm:proposer@${server.url}`;
const out = () => join(folder.path, `out-${number++}`);
const report = (path: string) => JSON.parse(readFileSync(join(path, 'report.json'), 'utf8'));

describe('without a model', () => {
  test('papers are found, with the reason for each', async () => {
    const path = out();
    const { lines: told, said } = await teach('scipip', data(), { nearest: 3, threshold: 1 }, path);
    expect(said).toEqual([]);
    const found = report(path);
    expect(found.papers).toHaveLength(10);
    expect(found.papers[0]).toMatchObject({ nearest: true, shared: expect.arrayContaining([subjects[0]]) });
    expect(found.papers[0].cosine).toBeGreaterThan(0.3);
    // Papers without entities have key phrases.
    expect(found.papers.some(({ id }: { id: string }) => Number(id.slice(1)) >= 12)).toBe(true);
    expect(told).toContain(
      'incomplete: no ideas: no model is named (--set model=local:FILE or model=llm:MODEL@URL)',
    );
    expect(readFileSync(join(path, 'report.md'), 'utf8')).toContain('among the nearest');
  });

  test('a paper that is cited beside a found one comes with it', async () => {
    const path = out();
    await teach('scipip', data({ entities: ['kind0'] }), { nearest: 1, byEntities: 0, papers: 30 }, path);
    const brought = report(path).papers.filter(({ nearest }: { nearest: boolean }) => !nearest);
    expect(brought.map(({ id, citedWith }: { id: string; citedWith: string[] }) => [id, citedWith])).toEqual([
      ['p1', ['p0']],
    ]);
  });

  test('embeddings of the user take the place of the words', async () => {
    const rows = papers.map((paper, i) => ({ ...paper, embedding: [Math.cos(i), Math.sin(i)] }));
    const path = out();
    await teach(
      'scipip',
      data({ embedding: [2 * Math.cos(7), 2 * Math.sin(7)] }, rows),
      { nearest: 1, byEntities: 0, cocited: 0 },
      path,
    );
    const [first] = report(path).papers;
    expect(first.id).toBe('p7');
    expect(first.cosine).toBeCloseTo(1, 5);
  });

  test('what is doubtful is told', async () => {
    const few = papers
      .slice(0, 5)
      .map(({ references: _, ...paper }, i) => (i === 4 ? { title: 'Bare' } : paper));
    const text = `${few[0]!.title}. ${'abstract' in few[0]! ? few[0].abstract : ''}`;
    const { said } = await teach('scipip', data({ background: text }, few), {}, out());
    expect(said).toEqual([
      'warning: few papers: 5: there is little to be found',
      'warning: no reference is to one of the papers: co-citation finds nothing',
      'warning: 1 of 5 papers have no abstract',
      'warning: the background is taken from p0, which will be found first',
    ]);
    const other = await teach('scipip', data({ background: 'zzz' }), {}, out());
    expect(other.said).toEqual([
      'warning: nothing in the background is an entity of a paper: search is by text and citations alone',
    ]);
  });
});

describe('with a model', () => {
  test('ideas come from papers and from nothing, and say from which', async () => {
    const path = out();
    const before = server.calls.length;
    const { lines: told } = await teach('scipip', data(), { model: model(), judge: model() }, path);
    const found = report(path);
    expect(found.explained).toBe('In plain words: graphs are large.');
    // Of the text, of the two answers, and without what is in no paper.
    expect(found.entities).toEqual(
      expect.arrayContaining(['graph neural networks', 'kind0', 'speech recognition']),
    );
    expect(found.inspirations).toHaveLength(9);
    expect(found.inspirations.map(({ paper }: { paper: string }) => paper)).not.toContain('p0');
    const [from] = [found.inspirations.slice(0, 2).map(({ paper }: { paper: string }) => paper)];
    expect(found.ideas).toEqual([
      {
        text: 'Pretrain and sample.',
        papers: from,
        brainstorm: ['Sample edges.'],
        details: 'Step one, step two.',
        rating: { clarity: 7, novelty: 4.5, feasibility: 8, generality: 3 },
      },
      expect.objectContaining({ text: 'Share.', papers: [], brainstorm: ['Share weights.'] }),
    ]);
    expect(found.problems).toEqual([]);
    // 2 of the background, brainstorm, its entities, 10 methods, 10 inspirations, ideas, merging, 2 in detail.
    expect(found.calls).toBe(2 + 1 + 1 + 20 + 1 + 1 + 2);
    expect(server.calls.length - before).toBe(found.calls + 2);
    expect(told.join('\n')).toContain('9 inspirations, 2 ideas, 28 calls');
    expect(readFileSync(join(path, 'report.md'), 'utf8')).toContain('which is no evidence of novelty');

    // The same command again asks nothing.
    await teach('scipip', data(), { model: model(), judge: model() }, path);
    expect(server.calls.length - before).toBe(found.calls + 2);
  });

  test('mode A has no brainstorm, and chooses among the ideas of papers', async () => {
    const path = out();
    await teach('scipip', data(), { model: model(), mode: 'A' }, path);
    expect(report(path)).toMatchObject({ brainstorm: [], calls: 2 + 20 + 1 + 1 + 1 });
    expect(report(path).ideas).toMatchObject([{ text: 'Pretrain.', brainstorm: [] }]);
  });

  test('an answer without a mark is asked for again, once', async () => {
    script = [[/take up the best of both/, 'Here is an idea: none of the form.']];
    const path = out();
    const { lines: told } = await teach('scipip', data(), { model: model() }, path);
    expect(told).toContain('incomplete: an answer had no mark of an idea, twice');
    expect(report(path)).toMatchObject({ ideas: [], calls: 27 });
    expect(report(path).inspirations).toHaveLength(9);
  });

  test('where no paper inspires, the brainstorm remains', async () => {
    script = [[/could help with the problem/, 'None']];
    const path = out();
    await teach('scipip', data(), { model: model() }, path);
    expect(report(path).problems).toEqual(['no paper inspired anything']);
    expect(report(path).ideas[0].brainstorm).toEqual(['Sample edges.']);
  });

  test('a cap on calls leaves what was answered before', async () => {
    const path = out();
    await teach('scipip', data(), { model: model(), maxCalls: 4 }, path);
    expect(report(path).brainstorm).toHaveLength(2);
    expect(report(path).problems).toContain('no answer: over the cap on calls');
    expect(report(path).calls).toBe(4);
  });

  test('what an endpoint fails at is missing from the result, and told', async () => {
    failing = /Describe the method in detail/;
    const path = out();
    const { lines: told } = await teach('scipip', data(), { model: model() }, path);
    expect(report(path).ideas).toHaveLength(2);
    expect(report(path).ideas[0]).not.toHaveProperty('details');
    expect(told.some((line) => line.startsWith('incomplete: no answer: '))).toBe(true);
  });

  test('a rating that can not be read is told', async () => {
    script = [[/Rate the idea/, 'Good!']];
    const path = out();
    await teach('scipip', data(), { model: model(), judge: model() }, path);
    expect(report(path).problems).toEqual([
      'a rating could not be read: clarity, novelty, feasibility, generality are needed',
    ]);
  });

  test('what is stopped keeps its papers', async () => {
    const path = out();
    const stop = new AbortController();
    stop.abort();
    const { lines: told } = await teach('scipip', data(), { model: model() }, path, stop.signal);
    expect(told).toContain('incomplete: stopped: the same command goes on from there');
    expect(report(path).papers).toHaveLength(10);
  });
});

describe('refused', () => {
  const wide = papers.map((paper) => ({ ...paper, embedding: [1, 0] }));
  test.each([
    ['an empty background', { background: ' ' }, papers, /^the background is empty: /],
    ['two backgrounds', { backgroundFile: 'b.txt' }, papers, /give background \(a text\) or backgroundFile/],
    ['a background that is not there', { background: undefined, backgroundFile: 'b.txt' }, papers, /b\.txt/],
    ['papers that are not there', { papers: 'none.jsonl' }, papers, /none\.jsonl/],
    ['embeddings of other lengths', { embedding: [1, 2, 3] }, wide, /paper p0 has 2 numbers, others 3/],
    ['a background without its embedding', {}, wide, /the background has none, others 2/],
    [
      'a paper without its embedding',
      { embedding: [1, 2] },
      [...wide, { title: 'x' }],
      /paper x has none, others 2/,
    ],
  ])('%s', async (_, change, rows, message) => {
    const error = await userError(scipip.read(data(change, rows)));
    expect(`${error.message} ${error.detail ?? ''}`).toMatch(message);
  });

  test('papers that share no word', async () => {
    const rows = [{ title: 'one' }, { title: 'two' }];
    const error = await userError(teach('scipip', data({}, rows), {}, out()));
    expect(error.message).toBe('no two papers share a word');
  });

  test('a model that is none', async () => {
    const error = await userError(teach('scipip', data(), { model: 'gpt' }, out()));
    expect(error.message).toBe('not a language model: gpt');
  });
});

test('answers are read as they come', () => {
  expect(ideasIn('Sure!\n### **Idea 1: **\nOne\nFrom: [P1], [B2], P1\n\n**Idea 2.**\n**From:** P3')).toEqual([
    { text: 'One', papers: [1], brainstorm: [2] },
  ]);
  expect(ideasIn('No idea 1 here')).toEqual([]);
  expect(
    entitiesFrom('1. Deep  Nets, *graphs*.\n- a sentence that is much too long to be a term, deep nets', 5),
  ).toEqual(['deep nets', 'graphs']);
  expect(['None', ' none. ', 'There is none.'].map(isNone)).toEqual([true, true, true]);
  expect(isNone('Nonetheless, its sampling would make the training of large graphs much faster here.')).toBe(
    false,
  );
  expect(partsOfAbstract('Data are few. This is bad. We make more. It helps.')).toEqual({
    background: 'Data are few. This is bad.',
    method: 'We make more. It helps.',
  });
});
