import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SPLIT_NAMES } from '../../src/tasks/splits.js';
import { readTextClassification } from '../../src/tasks/text-classification.js';
import { sharedData, testFolder, userError } from './folder.js';

const folder = testFolder();
const rejectedPath = join(folder.path, 'rejected.jsonl');

const rows = Array.from({ length: 200 }, (_, i) => ({
  text: `sentence number ${i}`,
  label: i % 2 ? 'b' : 'a',
}));
const csv = (data: readonly { text: string; label: string }[]) =>
  `text,label\n${data.map(({ text, label }) => `${text},${label}\n`).join('')}`;

describe('readTextClassification', () => {
  it('divides one file, each row into one split', async () => {
    const data = await readTextClassification(folder.write('one.csv', csv(rows)));
    expect(data.labels).toEqual(['a', 'b']);
    expect(SPLIT_NAMES.map((name) => data.splits[name].size)).toEqual([160, 20, 20]);
    expect(data.splits.test.labelCounts).toEqual([10, 10]);
    const all = (await Promise.all(SPLIT_NAMES.map((name) => data.splits[name].toArray()))).flat();
    expect(all.map(({ input, target }) => `${input} ${target}`).sort()).toEqual(
      rows.map(({ text, label }) => `${text} ${label}`).sort(),
    );
    expect(all.find(({ input }) => input === 'sentence number 0')!.id).toBe('data:2');
    expect(data.warnings).toEqual([]);
  });

  it('gives the same data, splits and hash for every format', async () => {
    const jsonl = rows.map((row) => JSON.stringify(row)).join('\n');
    const paths = [
      folder.write('same.csv.gz', gzipSync(csv(rows))),
      folder.write('same.tsv', csv(rows).replaceAll(',', '\t')),
      folder.write('same.jsonl', jsonl),
      folder.write('same.json', JSON.stringify(rows)),
    ];
    const read = await Promise.all(paths.map((path) => readTextClassification(path, { seed: 5 })));
    expect(new Set(read.map(({ hash }) => hash)).size).toBe(1);
    const tests = await Promise.all(read.map(({ splits }) => splits.test.toArray()));
    const inputs = tests.map((examples) => examples.map(({ input }) => input));
    expect(new Set(inputs.map((texts) => texts.join('\n'))).size).toBe(1);
    const other = await readTextClassification(folder.write('other.csv', csv(rows.slice(1))));
    expect(other.hash).not.toBe(read[0]!.hash);
  });

  it('keeps given files apart and takes validation from training', async () => {
    const data = await readTextClassification({
      train: folder.write('train.csv', csv(rows.slice(0, 150))),
      test: folder.write('test.csv', csv(rows.slice(150))),
    });
    expect(SPLIT_NAMES.map((name) => data.splits[name].size)).toEqual([135, 15, 50]);
    expect((await data.splits.test.toArray()).map(({ input }) => input)).toEqual(
      rows.slice(150).map(({ text }) => text),
    );
  });

  it('goes by a split column and by an id column', async () => {
    const lines = rows.map(
      ({ text, label }, i) => `${i},${text},${label},${i < 100 ? 'train' : i < 150 ? 'dev' : 'test'}`,
    );
    const data = await readTextClassification(
      folder.write('split.csv', `id,text,label,split\n${lines.join('\n')}\n`),
    );
    expect(SPLIT_NAMES.map((name) => data.splits[name].size)).toEqual([100, 50, 50]);
    expect((await data.splits.validation.toArray())[0]!.id).toBe('100');
  });

  it('lets each file count its own ids', async () => {
    const numbered = `id,text,label\n${rows.map(({ text, label }, i) => `${i},${text},${label}`).join('\n')}`;
    const data = await readTextClassification({
      train: folder.write('ids-train.csv', numbered),
      test: folder.write('ids-test.csv', numbered.replaceAll('sentence', 'phrase')),
    });
    expect(data.rejected.total).toBe(0);
    expect((await data.splits.test.toArray())[3]).toMatchObject({ id: 'test:3', input: 'phrase number 3' });
  });

  it('reads a file whose only problem is its numbers of rows and labels', async () => {
    const data = await readTextClassification(folder.write('small.csv', 'text,label\na,x\nb,y\n'));
    expect(SPLIT_NAMES.map((name) => data.splits[name].size)).toEqual([2, 0, 0]);
    expect(data.warnings).toContain('no example for test');
  });

  it('rejects rows that cannot be used, with the reason', async () => {
    const bad = [',a', '"  ",b', 'x,', 'n\0ul,a', 'a,b,c', '"open', 'fine,a'];
    const path = folder.write('bad.csv', `${csv(rows)}${bad.join('\n')}\n`);
    const data = await readTextClassification(path, { rejectedPath });
    expect(Object.fromEntries(data.rejected.byReason)).toEqual({
      'text is empty': 2,
      'label is empty': 1,
      'text holds a NUL character': 1,
      'expected 2 cells, found 3': 1,
      'quoted cell is never closed': 1,
    });
    const written = readFileSync(rejectedPath, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(written.map(({ row }) => row)).toEqual([202, 203, 204, 205, 206, 207]);
    expect(data.warnings[0]).toBe("6 rows or files can't be used and were left out");
    const sizes = SPLIT_NAMES.map((name) => data.splits[name].size);
    expect(sizes.reduce((a, b) => a + b)).toBe(201);
    const all = (await Promise.all(SPLIT_NAMES.map((name) => data.splits[name].toArray()))).flat();
    expect(all).toHaveLength(201);
    expect(all.find(({ input }) => input === 'fine')!.id).toBe('data:208');
  });

  it('rejects lists, objects and repeated ids; takes numbers and booleans for labels', async () => {
    const json = [
      ...Array.from({ length: 10 }, (_, i) => ({ id: i, text: `text ${i}`, label: i % 2 === 0 })),
      { id: 3, text: 'again', label: true },
      { id: 10, text: 'list', label: ['x'] },
      { id: 11, text: { en: 'object' }, label: true },
      { id: null, text: 'no id', label: true },
    ];
    const path = folder.write('json.jsonl', json.map((row) => JSON.stringify(row)).join('\n'));
    const data = await readTextClassification(path, { maxRejectedShare: 0.5, columns: { id: 'id' } });
    expect(data.labels).toEqual(['false', 'true']);
    expect(Object.fromEntries(data.rejected.byReason)).toEqual({
      'id is repeated': 1,
      'label is a list': 1,
      'text is a JSON object': 1,
      'id is missing': 1,
    });
  });

  it('orders numeric labels by their value', async () => {
    const numbered = rows.map(({ text }, i) => ({ text, label: String(i % 11) }));
    const data = await readTextClassification(folder.write('numbers.csv', csv(numbered)));
    expect(data.labels).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
  });

  it('stops when too many rows are bad, and has written them', async () => {
    const path = folder.write('worse.csv', `${csv(rows.slice(0, 20))},a\n,b\n`);
    const error = await userError(readTextClassification(path, { rejectedPath }));
    expect(error.message).toBe("too many rows can't be used: 2 of 22 (9.1 %, limit 5 %)");
    expect(error.detail).toContain('2 x text is empty');
    expect(readFileSync(rejectedPath, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    await readTextClassification(path, { rejectedPath, maxRejectedShare: 0.1 });
  });

  it('names the encoding when that is what is wrong', async () => {
    const path = folder.write(
      'latin1.csv',
      Buffer.from(csv(rows.map((r) => ({ ...r, text: `é ${r.text}` }))), 'latin1'),
    );
    const error = await userError(readTextClassification(path));
    expect(error.hint).toContain('iconv');
  });

  it.each([
    ['no rows', 'text,label\n', 'no usable row'],
    ['one label', 'text,label\na,x\nb,x\n', 'only "x"'],
  ])('refuses %s', async (_, content, found) => {
    const error = await userError(readTextClassification(folder.write('few.csv', content)));
    expect(error.message).toContain(`two labels are needed, found ${found}`);
  });

  it('warns of rare labels, labels that training lacks, and duplicates', async () => {
    const train = [...rows, { text: 'rare one', label: 'c' }, { text: 'Sentence  NUMBER 0', label: 'b' }];
    const test = [rows[1]!, { text: 'new', label: 'd' }];
    const data = await readTextClassification(
      { train: folder.write('w-train.csv', csv(train)), test: folder.write('w-test.csv', csv(test)) },
      { shares: { validation: 0, test: 0 } },
    );
    expect(data.warnings).toEqual([
      'no example for validation',
      'labels without an example for training: d',
      'labels with only 1 or 2 examples, too few for every split: c',
      'duplicates: 1 in both of train/test, such as train:3 and test:2',
      'duplicates: 1 repeated in train, such as train:2 and train:203',
      'conflicts: 1 duplicates with another label, such as train:2 and train:203',
    ]);
  });

  it('notices that a file has changed between passes', async () => {
    const path = folder.write('changing.csv', csv(rows));
    const data = await readTextClassification(path);
    appendFileSync(path, 'one more,a\n');
    const error = await userError(data.splits.train.toArray());
    expect(error.message).toMatch(/^file has changed/);
  });

  it('leaves no rejected.jsonl from an earlier run', async () => {
    folder.write('rejected.jsonl', 'old\n');
    await readTextClassification(folder.write('clean.csv', csv(rows)), { rejectedPath });
    expect(existsSync(rejectedPath)).toBe(false);
  });
});

it('reads banking77 whole', async ({ skip }) => {
  const banking = sharedData('banking77');
  if (banking === undefined) skip('the shared data is absent');
  const data = await readTextClassification({
    train: join(banking!, 'train.csv.gz'),
    test: join(banking!, 'test.csv'),
  });
  expect(data.labels).toHaveLength(77);
  expect(data.splits.train.size + data.splits.validation.size).toBe(10_003);
  expect(Math.abs(data.splits.validation.size - 1000)).toBeLessThanOrEqual(1);
  expect(data.splits.test.size).toBe(1540);
  expect(data.rejected.total).toBe(0);
  const categories: string[] = JSON.parse(readFileSync(join(banking!, 'categories.json'), 'utf8'));
  expect(data.labels).toEqual(categories.toSorted());
  expect((await data.splits.test.toArray())[0]).toMatchObject({
    input: 'I ordered a card but it has not arrived. Help please!',
    target: 'card_arrival',
  });
});
