import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bin, hashes, runsIn, startNode, tutelage, workFolder } from './built.js';

const work = workFolder();
const file = (...names: string[]): string => join(work.path, ...names);

const things = ['card', 'loan', 'pin', 'rate', 'fee', 'app', 'cash', 'safe'];
const ways = ['how do i get a', 'where is my', 'tell me about the', 'i lost the', 'what is a'];
const questions = things.flatMap((thing) => ways.map((way) => ({ thing, query: `${way} ${thing}` })));
const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const story = Array.from(
  { length: 400 },
  (_, i) => `The ${things[i % 8]} was ${things[(i * 3) % 8]} and the ${things[(i * 5) % 8]} stood by.`,
).join('\n');

beforeAll(() => {
  mkdirSync(file('collection', 'qrels'), { recursive: true });
  const queries = questions.map(({ query }, i) => ({ _id: `q${i}`, text: query }));
  const documents = things.map((thing) => ({
    _id: thing,
    title: thing,
    text: `all that we know of a ${thing}`,
  }));
  writeFileSync(file('collection', 'queries.jsonl'), lines(queries));
  writeFileSync(file('collection', 'corpus.jsonl'), lines(documents));
  const qrels = questions.map(({ thing }, i) => `q${i}\t${thing}\t1\n`).join('');
  writeFileSync(file('collection', 'qrels', 'train.tsv'), `query-id\tcorpus-id\tscore\n${qrels}`);
  writeFileSync(file('story.txt'), story);
});

describe('a retriever', () => {
  let result: {
    run: string;
    student: string;
    report: string;
    kind: string;
    arms: { id: string; measures: { name: string; estimate: number }[] }[];
  };
  const words = ['distill', 'collection', '--student', 'retriever-small'];

  beforeAll(async () => {
    const ending = await tutelage([...words, '--epochs', '3', '--json'], work.path);
    expect(ending.stderr).toMatch(/8 documents; 32 queries for training, 4 for validation, 4 for the test\n/);
    result = JSON.parse(ending.stdout);
  });

  test('is assessed beside BM25 and shipped', () => {
    expect(result.kind).toBe('retrieval');
    expect(result.arms.map(({ id }) => id)).toEqual(['student', 'baseline']);
    expect(result.arms[0]!.measures.map(({ name }) => name)).toEqual([
      'nDCG@10',
      'MRR@10',
      'recall@10',
      'recall@100',
    ]);
    expect(readdirSync(result.student)).toContain('model.int8.onnx');
    expect(readFileSync(result.report, 'utf8')).toContain('Report on a taught retriever');
  });

  test('gives vectors, or the best documents', async () => {
    const vectors = await tutelage(['predict', result.student, 'where is my card'], work.path);
    const { input, embedding } = JSON.parse(vectors.stdout);
    expect(input).toBe('where is my card');
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 4);
    const search = ['predict', result.run, '--documents', file('collection', 'corpus.jsonl'), '--top', '2'];
    const found = await tutelage([...search, 'where is my card'], work.path);
    expect(found.stdout).toMatch(/^(-?\d\.\d{4}\t\w+\t\w+\. all that we know of a \w+\n){2}$/);
    const asked = await tutelage(search, work.path, '{"text":"a loan","n":7}\n');
    const { n, documents } = JSON.parse(asked.stdout);
    expect(n).toBe(7);
    expect(documents).toHaveLength(2);
    expect(documents[0].score).toBeGreaterThanOrEqual(documents[1].score);
  });

  test('is measured, listed, reported and compared', async () => {
    const measured = await tutelage(['eval', result.student, 'collection', '--json'], work.path);
    expect(JSON.parse(measured.stdout)).toMatchObject({ queries: 40, documents: 8 });
    const listed = await tutelage(['runs'], work.path);
    expect(listed.stdout).toMatch(/finished +\S+ +nDCG@10 \d\.\d{3}/);
    const reported = await tutelage(['report', result.run], work.path);
    expect(reported.stdout).toMatch(/Baseline +\d\.\d{3} \(/);
    const compared = await tutelage(['compare', result.run, result.run], work.path);
    expect(compared.stdout).toMatch(/nDCG@10 \(95 %\).*\n.*retriever-small/);
  });

  test('has an example for Node that runs', async () => {
    const { stdout, stderr } = await startNode([join(result.student, 'example.mjs'), 'my card'], work.path)
      .ended;
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^(-?\d\.\d{3} .+\n){3}$/);
  });

  test('that was killed ends, when resumed, in the same student as an undisturbed one', async () => {
    const long = [...words, '--epochs', '30', '--threads', '1', '--checkpoint-seconds', '0.05'];
    const [whole, killed] = ['whole', 'killed'].map((out) => [...long, '--out', out]) as [string[], string[]];
    const started = startNode([bin, ...killed], work.path);
    await started.says(/teaching retriever-small on/);
    const [run] = runsIn(file('killed')) as [string];
    while (readdirSync(join(run, 'checkpoints')).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    started.kill('SIGKILL');
    expect((await started.ended).signal).toBe('SIGKILL');
    expect(existsSync(join(run, 'student'))).toBe(false);
    expect((await tutelage(['resume', run], work.path)).code).toBe(0);
    expect((await tutelage(whole, work.path)).code).toBe(0);
    const [undisturbed] = runsIn(file('whole')) as [string];
    expect(hashes(join(run, 'student'))).toEqual(hashes(join(undisturbed, 'student')));
  });
});

describe('a language model', () => {
  let result: {
    run: string;
    student: string;
    kind: string;
    samples: unknown[];
    arms: { measures: { name: string }[] }[];
  };

  beforeAll(async () => {
    const words = ['distill', 'story.txt', '--student', 'lm-small', '--epochs', '2', '--json'];
    const ending = await tutelage(words, work.path);
    expect(ending.stderr).toMatch(/\d+ bytes of text for training, \d+ for validation, \d+ for the test\n/);
    result = JSON.parse(ending.stdout);
  });

  test('is assessed, reported and shipped', async () => {
    expect(result.kind).toBe('language model');
    expect(result.arms[0]!.measures.map(({ name }) => name)).toEqual(['bits per byte', 'perplexity']);
    expect(result.samples).toHaveLength(3);
    expect(readdirSync(result.student)).toContain('tokenizer.json');
    const reported = await tutelage(['report', result.run], work.path);
    expect(reported.stdout).toMatch(/it writes:\n/);
  });

  test('goes on with texts, the same for the same seed', async () => {
    const words = ['predict', result.student, 'The card', '--max-tokens', '8', '--seed', '4'];
    const [first, again, other] = await Promise.all([
      tutelage(words, work.path),
      tutelage([...words, '--precision', 'float32'], work.path),
      tutelage([...words, '--seed', '5'], work.path),
    ]);
    expect(first.stdout).toMatch(/^The card/);
    expect(again.stdout).toBe(first.stdout);
    expect(other.stdout).not.toBe(first.stdout);
    const json = await tutelage(
      ['predict', result.student, '--json', '--max-tokens', '3'],
      work.path,
      'The\n',
    );
    expect(JSON.parse(json.stdout)).toMatchObject({ input: 'The', continuation: expect.any(String) });
  });

  test('is measured on any text', async () => {
    const { stdout } = await tutelage(['eval', result.run, 'story.txt'], work.path);
    expect(stdout).toMatch(new RegExp(`^bytes +${Buffer.byteLength(story)}\nbits per byte +\\d\\.\\d{4} `));
  });

  test('has an example for Node that writes what predict does', async () => {
    const { stdout, stderr } = await startNode([join(result.student, 'example.mjs'), 'The card'], work.path)
      .ended;
    expect(stderr).toBe('');
    const words = ['predict', result.student, 'The card', '--temperature', '0', '--max-tokens', '50'];
    expect(stdout).toBe((await tutelage(words, work.path)).stdout);
  });
});
