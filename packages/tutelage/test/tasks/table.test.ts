import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../src/tasks/lines.js';
import { type BadRow, openTable, type Row, type Table } from '../../src/tasks/table.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();

async function allRows(table: Table, columns = table.columns): Promise<{ good: Row[]; bad: BadRow[] }> {
  const good: Row[] = [];
  const bad: BadRow[] = [];
  for await (const batch of table.rows(columns)) {
    for (const row of batch) {
      if ('problem' in row) bad.push(row);
      else good.push(row);
    }
  }
  return { good, bad };
}

async function read(name: string, content: string | Uint8Array) {
  const table = await openTable(folder.write(name, content));
  return { table, ...(await allRows(table)) };
}

const cells = (rows: readonly Row[]) => rows.map((row) => row.cells);

describe('delimited files', () => {
  it('reads quoted cells with line ends, quotes and delimiters', async () => {
    const { table, good, bad } = await read(
      'quoted.csv',
      'text,label\n"he said ""hi"",\nthen\n\nleft",a\nplain,b\n"",c\n',
    );
    expect(table.columns).toEqual(['text', 'label']);
    expect(cells(good)).toEqual([
      ['he said "hi",\nthen\n\nleft', 'a'],
      ['plain', 'b'],
      ['', 'c'],
    ]);
    expect(good.map(({ row }) => row)).toEqual([2, 6, 7]);
    expect(bad).toEqual([]);
  });

  it('sets malformed rows aside with their line and goes on', async () => {
    const { good, bad } = await read(
      'malformed.csv',
      `text,label\nok,a\nbad,row,three\nonly\n\n"trail"x,y\nmid"quote,b\n${'last,c\n'.repeat(20)}`,
    );
    expect(cells(good)).toEqual([['ok', 'a'], ['mid"quote', 'b'], ...new Array(20).fill(['last', 'c'])]);
    expect(bad).toEqual([
      { row: 3, problem: 'expected 2 cells, found 3', raw: 'bad | row | three' },
      { row: 4, problem: 'expected 2 cells, found 1', raw: 'only' },
      { row: 6, problem: 'text after a closing quote', raw: '"trail"x,y' },
    ]);
  });

  it('loses one row to a quote that is never closed', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => `row ${i},x`);
    rows[1000] = '"never closed,x';
    const { good, bad } = await read('stray.csv', `text,label\n${rows.join('\n')}\n`);
    expect(good).toHaveLength(2999);
    expect(bad).toEqual([{ row: 1002, problem: 'quoted cell is never closed', raw: '"never closed,x' }]);
  });

  it.each([
    ['CRLF', 'text,label\r\na,1\r\nb,2\r\n'],
    ['LF and CRLF mixed, no end', 'text,label\r\na,1\nb,2'],
    ['CR', 'text,label\ra,1\rb,2\r'],
    ['byte order mark', '\ufefftext,label\na,1\nb,2\n'],
    ['tabs', 'text\tlabel\na\t1\nb\t2\n'],
    ['semicolons', 'text;label\na;1\nb;2\n'],
    ['bars', 'text|label\na|1\nb|2\n'],
    ['quotes everywhere', '"text","label"\n"a","1"\n"b","2"\n'],
    ['blank lines', '\n\ntext,label\n\na,1\n\n\nb,2\n\n'],
  ])('reads %s', async (name, content) => {
    const { table, good, bad } = await read(`${name}.csv`, content);
    expect(table.columns).toEqual(['text', 'label']);
    expect(cells(good)).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(bad).toEqual([]);
  });

  it('goes by the name where the content looks like another format', async () => {
    expect(cells((await read('brackets.csv', '[text],label\n[sic] he goed,a\n{x},b\n')).good)).toEqual([
      ['[sic] he goed', 'a'],
      ['{x}', 'b'],
    ]);
    expect((await read('rows.txt', '{"text":"a"}\n')).table.format).toBe('jsonl');
    expect((await read('rows.dat', 'text,label\na,b\n')).table.format).toBe('delimited');
  });

  it('takes quotes as text where they do not pair up', async () => {
    const body = Array.from({ length: 20 }, (_, i) => `"so he said ${i}\tx`);
    const { good, bad } = await read('quotes.tsv', `text\tlabel\n${body.join('\n')}\n`);
    expect(good).toHaveLength(20);
    expect(good[0]!.cells).toEqual(['"so he said 0', 'x']);
    expect(bad).toEqual([]);
  });

  it('sees that there is no header', async () => {
    const { table, good } = await read(
      'bare.csv',
      'I love it,positive\nI hate it,negative\nso good,positive\n',
    );
    expect(table.columns).toEqual(['column1', 'column2']);
    expect(good).toHaveLength(3);
  });

  it('rejects a header that comes again, as where files were joined', async () => {
    const { table, good, bad } = await read('joined.csv', 'text,label\na,x\nb,y\ntext,label\nc,x\n');
    expect(table.columns).toEqual(['text', 'label']);
    expect(good).toHaveLength(3);
    expect(bad).toEqual([{ row: 4, problem: 'repeats the header', raw: 'text | label' }]);
  });

  it('gives repeated and empty header names their own', async () => {
    const { table, good } = await read('names.csv', 'text,text,,label\na,b,c,d\n');
    expect(table.columns).toEqual(['text', 'text_2', 'column3', 'label']);
    expect(cells(good)).toEqual([['a', 'b', 'c', 'd']]);
    expect(cells((await allRows(table, ['label', 'text_2'])).good)).toEqual([['d', 'b']]);
  });

  it('reads a header alone, and one column', async () => {
    expect((await read('header.csv', 'text,label')).good).toEqual([]);
    const one = await read('one.csv', 'text\nhello, world\nbye\n');
    expect(one.table.columns).toEqual(['text']);
    expect(cells(one.good)).toEqual([['hello, world'], ['bye']]);
  });

  it('sets rows aside that are not UTF-8, and keeps NUL bytes as they are', async () => {
    const { good, bad } = await read(
      'latin1.csv',
      Buffer.concat([
        Buffer.from('text,label\ngood,a\ncaf'),
        Buffer.from([0xe9]),
        Buffer.from(',b\nn\0ul,c\ncafé,d\n'),
      ]),
    );
    expect(cells(good)).toEqual([
      ['good', 'a'],
      ['n\0ul', 'c'],
      ['café', 'd'],
    ]);
    expect(bad).toEqual([{ row: 3, problem: 'not valid UTF-8', raw: 'caf\ufffd,b' }]);
  });

  it('sets lines aside that are too long, whatever else is in the file', async () => {
    const huge = 'x'.repeat(3 * MAX_LINE_BYTES);
    const fits = 'y'.repeat(MAX_LINE_BYTES - 2);
    const { good, bad } = await read('huge.csv', `text,label\na,1\n${huge},2\n${fits},3\n${fits}y,4\nb,5\n`);
    expect(good.map(({ cells: [, label] }) => label)).toEqual(['1', '3', '5']);
    expect(good[1]!.cells[0]).toHaveLength(MAX_LINE_BYTES - 2);
    expect(bad.map(({ row, problem }) => [row, problem])).toEqual([
      [3, 'line longer than 2 MB'],
      [5, 'line longer than 2 MB'],
    ]);
  });

  it('reads lines that are cut by the border of a chunk', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => `é€${'z'.repeat(i % 23)} ${i},l${i % 3}`);
    const { good, bad } = await read('chunks.csv.gz', gzipSync(`text,label\n${rows.join('\r\n')}`));
    expect(bad).toEqual([]);
    expect(good.map((row) => row.cells.join(','))).toEqual(rows);
    expect(good.at(-1)!.row).toBe(40_001);
  });

  it.each(['we[i]rd *?.csv', "quote's.csv", 'http:--x.csv'])('reads a file named %s', async (name) => {
    expect(cells((await read(name, 'text,label\na,b\n')).good)).toEqual([['a', 'b']]);
  });
});

describe('JSON', () => {
  it('reads lines, and sets aside those that are not objects', async () => {
    const { table, good, bad } = await read(
      'rows.jsonl',
      [
        '{"text":"a","label":1}',
        'not json',
        '',
        '{"text":"b","label":{"x":[1]}}',
        '[1]',
        'null',
        '{"label":true,"text":["c"],"__proto__":"p"}',
        '{"text":"c"',
        '{"text":null,"label":0.5}\r',
      ].join('\n'),
    );
    expect(table.columns).toEqual(['text', 'label', '__proto__']);
    expect(cells(good)).toEqual([
      ['a', '1', null],
      ['b', { nested: 'object' }, null],
      [{ nested: 'list' }, 'true', 'p'],
      [null, '0.5', null],
    ]);
    expect(good.map(({ row }) => row)).toEqual([1, 4, 7, 9]);
    expect(bad.map(({ row }) => row)).toEqual([2, 5, 6, 8]);
  });

  it('reads an array, gzipped or not', async () => {
    const text = '[{"text":"a\\u0000","label":1},\n {"text":"b","label":"x"}, 3]';
    for (const [name, content] of [
      ['array.json', text],
      ['array.json.gz', gzipSync(text)],
      ['[0-9]*.json', text],
    ] as const) {
      const { table, good, bad } = await read(name, content);
      expect(table.format).toBe('json');
      expect(cells(good)).toEqual([
        ['a\0', '1'],
        ['b', 'x'],
      ]);
      expect(bad).toEqual([{ row: 3, problem: 'not a JSON object', raw: '3' }]);
    }
  });

  it('reports a damaged array', async () => {
    const error = await userError(read('damaged.json', '[{"text":"a"}, {"text" "b"}]'));
    expect(error.message).toMatch(/^not a readable JSON file: .*damaged\.json$/);
    expect(error.detail).toMatch(/Malformed JSON/);
  });
});

describe('Parquet', () => {
  let path: string;
  beforeAll(async () => {
    path = `${folder.path}/label=x 'y'.parquet`;
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(
      `COPY (SELECT 'text ' || i AS "te""xt", i % 3 AS label, [i] AS list, {'a': i} AS object,
               nullif(i, 1) * 0.5 AS half
             FROM range(3000) t(i)) TO '${path.replaceAll("'", "''")}'`,
    );
    connection.closeSync();
  });

  it('reads values as text, in order', async () => {
    const table = await openTable(path);
    expect(table.columns).toEqual(['te"xt', 'label', 'list', 'object', 'half']);
    const { good } = await allRows(table);
    expect(good).toHaveLength(3000);
    expect(good[1]).toEqual({
      row: 2,
      cells: ['text 1', '1', { nested: 'list' }, { nested: 'object' }, null],
    });
    expect(good[2999]!.cells[4]).toBe('1499.5');
  });

  it('reports a damaged file', async () => {
    const damaged = folder.write('damaged.parquet', Buffer.from(`PAR1${'x'.repeat(100)}`));
    expect((await userError(openTable(damaged))).message).toMatch(/^not a readable Parquet file/);
    const zipped = folder.write('zipped.parquet.gz', gzipSync('PAR1xxxx'));
    expect((await userError(openTable(zipped))).message).toMatch(/^Parquet file is gzipped/);
  });
});

describe('files that cannot be read', () => {
  it.each([
    ['empty.csv', '', /^file is empty/],
    ['blank.csv', '\n\n\n', /^no readable row/],
    ['picture.csv', Buffer.from('GIF8\0\0\n\0\0,\n\0'), /^not a text file/],
    ['object.json', '{\n "a": 1\n}\n', /^no row is a JSON object/],
    ['utf16.csv', Buffer.from('\ufefftext,label\n', 'utf16le'), /^not UTF-8 but UTF-16/],
  ])('%s', async (name, content, message) => {
    expect((await userError(read(name, content))).message).toMatch(message);
  });

  it('too many columns, impossible delimiters', async () => {
    expect((await userError(read('wide.csv', `${'a,'.repeat(20_000)}\n`))).message).toMatch(
      /^more than 10000 columns/,
    );
    const path = folder.write('delimiter.csv', 'text,label\na,b\n');
    expect((await userError(openTable(path, { delimiter: '' }))).message).toBe('impossible delimiter: ""');
  });

  it('missing file, and folder', async () => {
    expect((await userError(openTable(`${folder.path}/none.csv`))).message).toMatch(
      /^no such file: .*none\.csv$/,
    );
    expect((await userError(openTable(folder.path))).message).toMatch(/^a folder, not a file/);
  });

  it('gzip file that is truncated, or has a wrong checksum', async () => {
    const zipped = gzipSync(
      `text,label\n${Array.from({ length: 5000 }, (_, i) => `row ${i},x`).join('\n')}\n`,
    );
    const half = await userError(read('half.csv.gz', zipped.subarray(0, zipped.length >> 1)));
    expect(half.message).toMatch(/^gzip file is truncated/);
    const wrong = Buffer.from(zipped);
    wrong[wrong.length - 6]! ^= 0xff;
    expect((await userError(read('wrong.csv.gz', wrong))).message).toMatch(/^gzip file is damaged/);
  });
});
