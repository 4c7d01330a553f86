import { describe, expect, test } from 'vitest';
import { readRetrievalTask } from '../../src/tasks/retrieval-task.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const queries = Array.from({ length: 40 }, (_, i) => ({ _id: `q${i}`, text: `question number ${i}` }));
const documents = Array.from({ length: 50 }, (_, i) => ({
  _id: `d${i}`,
  title: i % 2 === 0 ? `title ${i}` : '',
  text: `the text of document ${i}`,
}));

/** A collection in BEIR's layout with these judgements. */
function collection(name: string, qrels: Readonly<Record<string, readonly string[]>>): string {
  folder.write(`${name}/queries.jsonl`, lines(queries));
  folder.write(`${name}/corpus.jsonl`, lines(documents));
  for (const [split, rows] of Object.entries(qrels)) {
    folder.write(`${name}/qrels/${split}.tsv`, `query-id\tcorpus-id\tscore\n${rows.join('\n')}\n`);
  }
  return `${folder.path}/${name}`;
}

const judged = (from: number, to: number) =>
  queries.slice(from, to).map(({ _id }, i) => `${_id}\td${from + i}\t1`);

describe('a folder of queries, documents and judgements', () => {
  test('holds out queries by seed, none in two splits', async () => {
    const path = collection('open', { train: [...judged(0, 40), 'q0\td41\t2'] });
    const [first, again, other] = await Promise.all([
      readRetrievalTask(path, { seed: 1 }),
      readRetrievalTask(path, { seed: 1 }),
      readRetrievalTask(path, { seed: 2 }),
    ]);
    const ids = (task: typeof first) =>
      (['train', 'validation', 'test'] as const).map((split) => [...task.judgements[split].keys()]);
    expect(ids(first).map((of) => of.length)).toEqual([32, 4, 4]);
    expect(new Set(ids(first).flat()).size).toBe(40);
    expect(ids(again)).toEqual(ids(first));
    expect(ids(other)).not.toEqual(ids(first));
    expect(first.documents.get('d0')).toBe('title 0. the text of document 0');
    expect(first.documents.get('d1')).toBe('the text of document 1');
    expect(first.warnings).toEqual([]);
    expect([again.hash, other.hash]).toEqual([first.hash, first.hash]);
  });

  test('keeps the splits that are given, and completes the others from those for training', async () => {
    const task = await readRetrievalTask(collection('given', { train: judged(0, 30), test: judged(30, 40) }));
    expect([...task.judgements.test.keys()]).toEqual(queries.slice(30).map(({ _id }) => _id));
    expect(task.judgements.validation.size).toBe(3);
    expect(task.judgements.train.size).toBe(27);
  });

  test('warns of queries in two splits, of those without an answer and of documents that repeat', async () => {
    folder.write('doubtful/queries.jsonl', lines(queries));
    const path = collection('doubtful', {
      train: [...judged(0, 20), 'q39\td0\t0'],
      dev: judged(30, 33),
      test: judged(19, 25),
    });
    folder.write(
      'doubtful/corpus.jsonl',
      lines([...documents, { _id: 'again', text: 'The text of  document 1' }]),
    );
    const { warnings, judgements } = await readRetrievalTask(path);
    expect(warnings).toEqual([
      'queries without a relevant document, left out: 1',
      'duplicates: 1 in both of train/test, such as query q19 and query q19',
      'documents: 1 repeat the text of another one, such as again',
    ]);
    expect(judgements.train.has('q39')).toBe(false);
  });

  test('is refused without a query to learn from, but can be measured on', async () => {
    const path = collection('blind', { test: judged(0, 5) });
    expect((await userError(readRetrievalTask(path))).message).toMatch(/no query to learn from/);
    const task = await readRetrievalTask(path, { needsTraining: false });
    expect(task.judgements.test.size).toBe(5);
  });
});

describe('a table of pairs', () => {
  const rows = Array.from(
    { length: 30 },
    (_, i) => `what is thing ${i},thing ${i} is the best thing of its kind`,
  );

  test('finds the columns by name or by what is in them', async () => {
    const named = folder.write(
      'named.csv',
      `id,answer,question\n${rows.map((row, i) => `${i},${row.split(',').reverse().join(',')}`).join('\n')}\n`,
    );
    const guessed = folder.write('guessed.csv', `links,rechts\n${rows.join('\n')}\n`);
    const [first, second] = [await readRetrievalTask(named), await readRetrievalTask(guessed)];
    expect([...first.queries.values()]).toEqual([...second.queries.values()]);
    expect([...second.queries.values()][3]).toBe('what is thing 3');
    expect([...second.documents.values()][3]).toBe('thing 3 is the best thing of its kind');
    expect(second.warnings).toEqual([
      'data: column "links" is taken as the query text, guessed by its values',
      'data: column "rechts" is taken as the document text, guessed by its values',
    ]);
  });

  test('joins rows of one query, and rejects those with a part missing', async () => {
    const path = folder.write(
      'joined.csv',
      `query,document,split\na question,an answer,train\na question,another answer,train\nb question,an answer,test\nc question,,train\n${rows.map((row) => `${row},train`).join('\n')}\n`,
    );
    const task = await readRetrievalTask(path);
    const [, first] = [...task.judgements.train].find(([id]) => task.queries.get(id) === 'a question')!;
    expect([...first.keys()].map((id) => task.documents.get(id))).toEqual(['an answer', 'another answer']);
    expect([...task.judgements.test.keys()].map((id) => task.queries.get(id))).toEqual(['b question']);
    expect(task.documents.size).toBe(32);
    expect(task.rejected.byReason.get('document is missing')).toBe(1);
  });

  test('asks for the columns that it does not find', async () => {
    const path = folder.write('numbers.csv', 'a,b\n1,2\n3,4\n');
    expect((await userError(readRetrievalTask(path))).message).toMatch(/no query text column/);
    const error = await userError(readRetrievalTask(path, { columns: { query: 'x' } }));
    expect(error.message).toMatch(/no such column: x/);
  });
});
