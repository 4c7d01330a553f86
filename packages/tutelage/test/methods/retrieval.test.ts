import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cprd } from '../../src/methods/retrieval/cprd.js';
import { dynamicContrastiveDistillation } from '../../src/methods/retrieval/dynamic-contrastive-distillation.js';
import { tasBalanced } from '../../src/methods/retrieval/tas-balanced.js';
import { openIndex } from '../../src/search/index.js';
import { loadRetriever } from '../../src/students/load-retriever.js';
import { testFolder, userError } from '../tasks/folder.js';

const folder = testFolder();
const things = ['card', 'loan', 'cheque', 'deposit', 'transfer', 'branch', 'statement', 'fee'];
const states = [
  'is lost',
  'has expired',
  'is late',
  'was refused',
  'costs too much',
  'is wrong',
  'is closed',
  'was stolen',
];
const rows = things.flatMap((thing) =>
  states.map((state) => ({
    left: `help, my ${thing} ${state}`,
    right: `what to do when a ${thing} ${state}`,
  })),
);
const pairs = folder.write('pairs.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

const said: string[] = [];
const context = (name: string, signal = new AbortController().signal) => ({
  seed: 1,
  folder: join(folder.path, name),
  signal,
  say: (message: string) => void said.push(message),
});
const small = { encoder: 'word-bag', batchSize: 8, steps: 30 } as const;

/** What the method wrote, opened again, finds the passage for a query. */
async function foundFor(name: string, query: string): Promise<string> {
  const encoder = await loadRetriever(join(folder.path, name, 'student'));
  const index = await openIndex(join(folder.path, name, 'index'));
  const [vector] = await encoder.embed([query]);
  const [hits] = await index.search.search(vector!, 1);
  await encoder.dispose();
  await index.search.dispose();
  return index.ids[hits!.rows[0]!]!;
}

describe('TAS-Balanced', () => {
  const settings = tasBalanced.method.params.parse({ ...small, topicSize: 10, candidates: 6 });

  test('teaches on a table of pairs, and leaves encoder, index, topics and report', async () => {
    const own = await tasBalanced.read(pairs);
    const { results = [], lines } = await tasBalanced.method.run(own, settings, context('tas'));
    expect(results.map(({ id }) => id)).toEqual(['bm25', 'teacher', 'plain', 'tas-balanced']);
    const { estimate, low, high } = results.at(-1)!.metrics['nDCG@10']!;
    expect(estimate).toBeGreaterThan(0.5);
    expect([low <= estimate, estimate <= high]).toEqual([true, true]);
    expect(lines[0]).toMatch(/^BM25: nDCG@10 \d/);
    const report = JSON.parse(readFileSync(join(folder.path, 'tas/report.json'), 'utf8'));
    expect(report.curves['tas-balanced']).toHaveLength(10);
    expect(report.inBatchMargins['tas-balanced'].ofBatches).toHaveLength(30);
    expect(report.margins.before.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 6);
    expect(report.margins.drawn.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 6);
    const topics = readFileSync(join(folder.path, 'tas/topics.tsv'), 'utf8').trim().split('\n');
    const listed = topics.flatMap((line) => line.split('\t')[0]!.split(' '));
    expect(new Set(listed).size).toBe(own.splits.train.length);
    expect(await foundFor('tas', own.queries[0]!.text)).toMatch(/^p\d+$/);
  });

  test.each([
    [{ batchSize: 60 }, 'fewer queries with pairs than a batch has: '],
    [{ teacher: 'oracle' }, 'not a teacher: oracle'],
  ])('%j is refused', async (change, message) => {
    const own = await tasBalanced.read(pairs);
    const error = await userError(
      tasBalanced.method.run(own, { ...settings, ...change }, context('refused')),
    );
    expect(error.message).toContain(message);
  });

  test('tells of topics that are smaller than a batch', async () => {
    const own = await tasBalanced.read(pairs);
    await tasBalanced.method.run(own, { ...settings, steps: 2, topicSize: 2 }, context('small'));
    expect(said.join('\n')).toMatch(/topics have fewer than 8 queries: lower batchSize or raise topicSize/);
  });

  test('takes stored scores, drops queries with fewer than two pairs, and tells of unknown ids', async () => {
    const own = await tasBalanced.read(pairs);
    const stored = own.splits.train.flatMap(({ query }, i) => {
      const ids = { query: own.queries[query]!.id, positive: own.passages[query]!.id };
      const others = own.passages.filter((_, passage) => passage !== query).slice(0, i === 0 ? 1 : 3);
      return others.map(({ id }, j) => ({ ...ids, negative: id, positiveScore: 5, negativeScore: j }));
    });
    said.length = 0;
    await tasBalanced.method.run({ ...own, scores: stored }, { ...settings, steps: 2 }, context('stored'));
    expect(said).toContain('warning: 1 queries have fewer than two pairs: left out');
    const unknown = [...stored, { ...stored[0]!, negative: 'nowhere' }];
    const error = await userError(
      tasBalanced.method.run({ ...own, scores: unknown }, settings, context('unknown')),
    );
    expect(error.message).toBe('teacher scores of an unknown passage: nowhere');
  });
});

describe('CPRD', () => {
  const settings = cprd.method.params.parse({ ...small, candidates: 4 });

  test('teaches one encoder or two, and leaves them with the index and the report', async () => {
    const own = await cprd.read(pairs);
    const { results = [] } = await cprd.method.run(own, settings, context('cprd'));
    expect(results.map(({ id }) => id)).toEqual(['bm25', 'teacher', 'plain', 'cprd']);
    expect(results.at(-1)!.metrics['nDCG@10']!.estimate).toBeGreaterThan(0.5);
    const report = JSON.parse(readFileSync(join(folder.path, 'cprd/report.json'), 'utf8'));
    expect(report.teacher.cprd).toMatchObject({ scored: 30 * 2 * 8 * 4, lists: 30 * 2 * 8 });
    expect(report.teacher.pairsScored).toBeLessThan(64 * 64);
    expect(await foundFor('cprd', own.queries[0]!.text)).toMatch(/^p\d+$/);
    await cprd.method.run(own, { ...settings, sides: 'two', steps: 2 }, context('two'));
    const { description } = await loadRetriever(join(folder.path, 'two/passage-student'));
    expect(description.width).toBe(128);
  });

  test('stops when told to, and keeps what was done so far', async () => {
    const stop = new AbortController();
    const own = await cprd.read(pairs);
    const long = { ...settings, steps: 1_000_000 };
    setTimeout(() => stop.abort(), 300);
    const { results = [] } = await cprd.method.run(own, long, context('stopped', stop.signal));
    expect(results.map(({ id }) => id)).toEqual(['bm25', 'teacher', 'plain', 'cprd']);
    expect(await foundFor('stopped', own.queries[0]!.text)).toMatch(/^p\d+$/);
  });

  test.each([
    [{ batchSize: 80 }, 'fewer pairs than a batch has: '],
    [{ candidates: 8 }, 'as many candidates as a batch has passages: 8 of 8'],
  ])('%j is refused', async (change, message) => {
    const error = await userError(
      cprd.method.run(await cprd.read(pairs), { ...settings, ...change }, context('no')),
    );
    expect(error.message).toContain(message);
  });

  test('asks for groups where answers repeat', async () => {
    const repeated = rows.map(({ left }, i) => JSON.stringify({ left, right: rows[i % 20]!.right }));
    const own = await cprd.read(folder.write('repeated.jsonl', repeated.join('\n')));
    const error = await userError(cprd.method.run(own, settings, context('repeated')));
    expect(error.message).toBe('passages that occur with several queries: 20');
    expect(error.hint).toContain('deduplicate=true');
    const run = cprd.method.run(own, { ...settings, steps: 2, deduplicate: true }, context('deduplicated'));
    expect((await run).results).toHaveLength(4);
  });

  test('the same order gives the same weights, whatever the teacher’s scale', async () => {
    const own = await cprd.read(pairs);
    const vectors = async (teacherScale: number, target: 'order' | 'kl') => {
      const name = `scale-${teacherScale}-${target}`;
      await cprd.method.run(own, { ...settings, steps: 5, teacherScale, target }, context(name));
      return readFileSync(join(folder.path, name, 'index/vectors.f32'));
    };
    expect((await vectors(1, 'order')).equals(await vectors(3, 'order'))).toBe(true);
    expect((await vectors(1, 'kl')).equals(await vectors(3, 'kl'))).toBe(false);
  });
});

describe('dynamic contrastive distillation', () => {
  const { method, read } = dynamicContrastiveDistillation;
  const settings = method.params.parse({ ...small, candidates: 4, teacherTemperature: 3 });
  const written = (name: string) => readFileSync(join(folder.path, name), 'utf8');

  test('teaches, and leaves encoder, index, the hardest pairs, the weights and the report', async () => {
    const own = await read(pairs);
    const { results = [], lines } = await method.run(own, settings, context('dcd'));
    expect(results.map(({ id }) => id)).toEqual([
      'bm25',
      'teacher',
      'plain',
      'dynamic-contrastive-distillation',
    ]);
    expect(results.at(-1)!.metrics['nDCG@10']!.estimate).toBeGreaterThan(0.5);
    expect(lines.join('\n')).toMatch(/pairs scored a second: teacher \d+, student \d+, encoding included/);
    const report = JSON.parse(written('dcd/report.json'));
    expect(report.steps).toHaveLength(30);
    expect(report.steps[0].weights[0]).toBeLessThan(1);
    expect(report.steps[0].weights[1]).toBeGreaterThan(1);
    const hardest = written('dcd/hardest.tsv')
      .trim()
      .split('\n')
      .map((line) => Number(line.split('\t')[0]));
    expect(hardest).toEqual(hardest.toSorted((a, b) => a - b));
    expect(written('dcd/weights.tsv').trim().split('\n')).toHaveLength(own.splits.train.length);
    expect(written('dcd/weights.svg')).toContain("teacher's entropy");
    expect(await foundFor('dcd', own.queries[0]!.text)).toMatch(/^p\d+$/);
  });

  test('teaches the whole table of ablations', async () => {
    const own = await read(pairs);
    const all = { ...settings, steps: 2, ablations: true, form: 'margins', weightContrast: true } as const;
    const { results = [] } = await method.run(own, all, context('ablations'));
    expect(results).toHaveLength(2 + 10);
  });

  test.each([
    [{ candidates: 8 }, 'as many candidates as a batch has passages: 8 of 8'],
    [{ budget: 10 }, "the teacher's budget is used up: "],
    [{ teacherTemperature: 1e-6 }, 'teacher saturated: '],
    [{ teacherTemperature: 1e9, weights: 'static' }, 'teacher does not discriminate: '],
    [{ teacherTemperature: 1e9 }, 'all weights are 0'],
    [{ teacher: 'http://127.0.0.1:9/score' }, 'selector=teacher would ask http://127.0.0.1:9/score'],
  ] as const)('%j is refused', async (change, message) => {
    const error = await userError(method.run(await read(pairs), { ...settings, ...change }, context('no')));
    expect(error.message).toContain(message);
  });

  test('needs two passages at least', async () => {
    const one = rows.map(({ left }) => JSON.stringify({ left, right: 'the same' })).join('\n');
    const own = await read(folder.write('one.jsonl', one));
    const error = await userError(method.run(own, { ...settings, deduplicate: true }, context('one')));
    expect(error.message).toBe('fewer than two distinct passages: 1');
  });
});
