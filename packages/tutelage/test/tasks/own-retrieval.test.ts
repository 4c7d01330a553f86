import { describe, expect, test } from 'vitest';
import { readOwnRetrieval } from '../../src/tasks/own-retrieval.js';
import { readTeacherScores } from '../../src/tasks/teacher-scores.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const numbers = Array.from({ length: 20 }, (_, i) => i);

describe('a folder in the layout of BEIR', () => {
  folder.write('beir/queries.jsonl', numbers.map((i) => `{"_id": "q${i}", "text": "query ${i}"}\n`).join(''));
  folder.write(
    'beir/corpus.jsonl',
    numbers.map((i) => `{"_id": "d${i}", "title": "t${i}", "text": "text ${i}"}\n`).join(''),
  );
  const rows = numbers.map((i) => `q${i}\td${i}\t1\nq${i}\td${(i + 1) % 20}\t0\n`).join('');
  folder.write('beir/qrels/train.tsv', `query-id\tcorpus-id\tscore\n${rows}`);

  test('is read by places, with queries held out where no split is given', async () => {
    const own = await readOwnRetrieval(`${folder.path}/beir`);
    const { train, validation, test: held } = own.splits;
    expect([train.length, validation.length, held.length]).toEqual([14, 2, 4]);
    const all = [...train, ...validation, ...held].map(({ query }) => query).sort((a, b) => a - b);
    expect(all).toEqual(numbers);
    expect(await readOwnRetrieval(`${folder.path}/beir`)).toMatchObject({ splits: own.splits });
    expect(own.passages[3]).toEqual({ id: 'd3', text: 't3. text 3' });
    expect([...train[0]!.grades.values()].sort()).toEqual([0, 1]);
    // A passage that was judged and found wanting is a wrong answer.
    expect([own.isWrong(3, 3), own.isWrong(3, 4), own.isWrong(3, 9)]).toEqual([false, true, true]);
    expect(own.scores).toBeUndefined();
  });

  test('brings stored teacher scores along', async () => {
    folder.write('beir/scores.tsv', '3.5\t-1\tq1\td1\td2\n2\t0.5\tq1\td1\td3\n');
    const own = await readOwnRetrieval(`${folder.path}/beir`);
    expect(own.scores).toEqual([
      { positiveScore: 3.5, negativeScore: -1, query: 'q1', positive: 'd1', negative: 'd2' },
      { positiveScore: 2, negativeScore: 0.5, query: 'q1', positive: 'd1', negative: 'd3' },
    ]);
  });

  test('of too few queries is refused', async () => {
    folder.write('few/queries.jsonl', '{"_id": "q", "text": "one"}\n');
    folder.write('few/corpus.jsonl', '{"_id": "d", "text": "one"}\n');
    folder.write('few/qrels/train.tsv', 'query-id\tcorpus-id\tscore\nq\td\t1\n');
    const error = await userError(readOwnRetrieval(`${folder.path}/few`));
    expect(error.message).toBe('too few queries with a relevant passage: 1');
  });
});

describe('a table of pairs', () => {
  const pairs = numbers.map((i) => `left ${i},right ${i % 10}`).join('\n');

  test('takes equal texts for one, and counts answers of several queries', async () => {
    const own = await readOwnRetrieval(folder.write('pairs.csv', `left,right\n${pairs}\n`));
    expect([own.queries.length, own.passages.length, own.repeated]).toEqual([20, 10, 10]);
    expect(own.isWrong(0, 0)).toBe(false);
    expect(own.isWrong(0, 1)).toBe(true);
  });

  test('has groups, of which none is wrong for another', async () => {
    const rows = numbers.map((i) => `left ${i},right ${i},g${i % 2}`).join('\n');
    const own = await readOwnRetrieval(folder.write('groups.csv', `left,right,id\n${rows}\n`));
    expect(own.repeated).toBe(0);
    expect([own.isWrong(0, 2), own.isWrong(0, 1)]).toEqual([false, true]);
  });

  test('without its columns is refused', async () => {
    const error = await userError(readOwnRetrieval(folder.write('odd.csv', 'a,b\n1,2\n3,4\n')));
    expect(error.message).toMatch(/^not a table of pairs: /);
    expect(error.detail).toBe('columns: a, b');
  });

  test('that is not there is refused', async () => {
    expect((await userError(readOwnRetrieval('none.csv'))).message).toBe('no such file or folder: none.csv');
  });
});

describe('teacher scores', () => {
  test.each([
    ['1\t2\tq\td', 'not a line of teacher scores: ', 'it has 4 columns'],
    ['1\tNaN\tq\td\te', "a teacher's score is not a finite number: ", '1 and NaN'],
    ['1\t\tq\td\te', "a teacher's score is not a finite number: ", '1 and '],
  ])('%j is refused with its file and line', async (line, problem, detail) => {
    const path = folder.write('scores.tsv', `1\t0\tq\td\te\n${line}\n`);
    const error = await userError(readTeacherScores(path));
    expect(error.message).toBe(`${problem}${path}:2`);
    expect(error.detail).toBe(detail);
  });
});
