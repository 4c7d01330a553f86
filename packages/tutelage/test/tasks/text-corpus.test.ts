import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../src/tasks/documents.js';
import { readTextCorpus } from '../../src/tasks/text-corpus.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const story = Array.from({ length: 200 }, (_, i) => `Line ${i} of a story that goes on and on.`).join('\n');

describe('plain text', () => {
  test('is cut at ends of lines: the beginning for training, the end for the test', async () => {
    const { splits, warnings } = await readTextCorpus(folder.write('story.txt', story));
    const [train, validation, test] = [splits.train[0]!, splits.validation[0]!, splits.test[0]!];
    expect(train + validation + test).toBe(story);
    expect(train.length / story.length).toBeCloseTo(0.8, 1);
    expect(validation.length / story.length).toBeCloseTo(0.1, 1);
    expect([train.at(-1), validation.at(-1)]).toEqual(['\n', '\n']);
    expect(warnings).toEqual([]);
  });

  test('keeps files for validation and test whole', async () => {
    const path = folder.write('train.txt', story);
    const held = folder.write('held.txt', 'Something else.\n');
    const { splits } = await readTextCorpus(path, { test: held, shares: { validation: 0.25, test: 0.5 } });
    expect(splits.test).toEqual(['Something else.']);
    expect(splits.train[0]! + splits.validation[0]!).toBe(story);
    expect(splits.validation[0]!.length / story.length).toBeCloseTo(0.25, 1);
  });

  test('warns of long lines that are in two parts', async () => {
    const refrain = 'And so it was, as it had been before, and as it would be ever after that.';
    const path = folder.write('song.txt', `${refrain}\n${story}\n${refrain}\n`);
    const { warnings } = await readTextCorpus(path);
    expect(warnings).toEqual([
      'duplicates: 1 of 1 long lines of test are in train, such as "and so it was, as it had been before, and as it would be eve"',
    ]);
  });

  test('rejects lines that are not UTF-8', async () => {
    const bad = Buffer.concat([Buffer.from(`${story}\n`), Buffer.from([0xff, 0xfe, 0x0a])]);
    const { rejected } = await readTextCorpus(folder.write('bad.txt', bad));
    expect([...rejected.byReason]).toEqual([['not valid UTF-8', 1]]);
    const error = await userError(readTextCorpus(folder.write('blank.txt', ' \n')));
    expect(error.message).toMatch(/no text/);
  });
});

describe('a table of texts', () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({ n: i, body: `a text with the number ${i}` }));
  const lines = (list: readonly unknown[]) => list.map((row) => `${JSON.stringify(row)}\n`).join('');

  test('is divided by row and seed, equal texts together', async () => {
    const path = folder.write('rows.jsonl', lines([...rows, ...rows.slice(0, 10)]));
    const { splits, warnings } = await readTextCorpus(path, { seed: 3 });
    const all = [splits.train, splits.validation, splits.test].map((texts) => new Set(texts));
    expect(all.reduce((sum, set) => sum + set.size, 0)).toBe(50);
    expect(splits.test.length).toBeGreaterThan(2);
    expect(warnings.every((warning) => /repeated in/.test(warning))).toBe(true);
    expect((await readTextCorpus(path, { seed: 4 })).splits.test).not.toEqual(splits.test);
  });

  test('may say the split of each row', async () => {
    const path = folder.write(
      'split.csv',
      'text,split\nfirst text,train\nsecond text,dev\nthird text,test\n,train\nfourth text,nowhere\n',
    );
    const read = readTextCorpus(path, { maxRejectedShare: 1 });
    const { splits, rejected } = await read;
    expect(splits).toEqual({ train: ['first text'], validation: ['second text'], test: ['third text'] });
    expect(rejected.total).toBe(2);
  });
});

test('documents to search have ids of their own, or the row', async () => {
  const plain = await readDocuments(folder.write('documents.txt', 'one\n\ntwo\n'));
  expect([...plain]).toEqual([
    ['1', 'one'],
    ['3', 'two'],
  ]);
  const table = await readDocuments(
    folder.write(
      'documents.csv',
      'id,title,text\na,Cards,about cards\nb,,about pins\nc,What is a fee?,It is a price.\n',
    ),
  );
  expect([...table]).toEqual([
    ['a', 'Cards. about cards'],
    ['b', 'about pins'],
    ['c', 'What is a fee? It is a price.'],
  ]);
  const error = await userError(readDocuments(folder.write('none.txt', '\n')));
  expect(error.message).toMatch(/no text/);
});
