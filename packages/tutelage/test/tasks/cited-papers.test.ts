import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readCacm } from '../../src/tasks/cited-papers.js';
import { unpickle } from '../../src/tasks/pickle.js';
import { sharedData, testFolder } from './folder.js';

const folder = testFolder();

test('papers of the ACM have texts, keywords and links of one kind', async () => {
  const rows = [
    ['.I 10', '.T', 'A Title', '.W', 'Two lines', 'of it.', '.B', 'CACM May, 1960'],
    ['.K', 'hash  Tables, Sorting,', 'sorting', '.X', '12\t5\t10', '10\t5\t10', '99\t5\t10', '11\t6\t10'],
    ['.I 11', '.T', 'Alone', '.X', '10\t4\t11'],
    ['.I 1', '2', '.T', 'Cited', '.X', '12\t5\t12'],
  ];
  const papers = await readCacm(folder.write('cacm.all', `${rows.flat().join('\r\n')}\r\n`));
  expect(papers).toEqual({
    texts: ['A Title Two lines of it.', 'Alone', 'Cited'],
    keywords: [['hash tables', 'sorting'], [], []],
    links: [new Set([2]), new Set(), new Set([0])],
    hasAbstract: [true, false, false],
  });
});

test('of the published ones, 194 can be asked for', async ({ skip }) => {
  const shared = sharedData('cacm');
  if (shared === undefined) skip('the shared data is absent');
  const text = gunzipSync(readFileSync(join(shared!, 'cacm.all.gz')));
  const { texts, keywords, links, hasAbstract } = await readCacm(folder.write('whole.all', text));
  expect(texts).toHaveLength(3203);
  const asked = texts.filter((_, i) => hasAbstract[i] && keywords[i]!.length > 0 && links[i]!.size >= 5);
  expect(asked).toHaveLength(194);
});

test('pickles of plain things are read, and nothing else', () => {
  // pickle.dumps({'a': [1, 300, -2, True, None], (1, 'b'): {}}, protocol=2), as Python 2 writes it.
  const bytes = Buffer.from(
    '\x80\x02}q\x00(U\x01aq\x01]q\x02(K\x01M,\x01J\xfe\xff\xff\xff\x88NeK\x01U\x01bq\x03\x86q\x04}q\x05u.',
    'latin1',
  );
  const [[first, list], [pair, empty]] = [...(unpickle(bytes) as Map<unknown, unknown>)] as [
    [string, unknown],
    [unknown, unknown],
  ];
  expect([first, list]).toEqual(['a', [1, 300, -2, true, null]]);
  expect([pair, empty]).toEqual([[1, 'b'], new Map()]);
  // Of an object there is only what it would be made of.
  expect(unpickle(Buffer.from('\x80\x02cos\nsystem\nU\x02ls\x85R.', 'latin1'))).toMatchObject({
    of: 'os.system',
    given: ['ls'],
  });
  expect(() => unpickle(Buffer.from('\x80\x02]', 'latin1'))).toThrow('the pickle ends too early');
  expect(() => unpickle(Buffer.from('\x80\x02\x95', 'latin1'))).toThrow('opcode 149');
  expect(() => unpickle(Buffer.from('e.', 'latin1'))).toThrow('a mark is missing');
});
