import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { openTable } from '../../src/tasks/table.js';
import { readTextClassification } from '../../src/tasks/text-classification.js';
import { testFolder } from './folder.js';

const folder = testFolder();

/** Whole numbers below a bound: the generator of Park and Miller (1988). */
function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % bound;
  };
}

const PIECES = [
  'a',
  'word',
  ' ',
  '"',
  '""',
  ',',
  '\t',
  ';',
  '\n',
  '\r\n',
  'é',
  '😀',
  '{',
  '}',
  '[',
  '\\',
  "'",
  '\u2028',
];

it('reads back whatever cells are written', async () => {
  const next = generator(1);
  for (const [delimiter, lineEnd] of [
    [',', '\n'],
    ['\t', '\r\n'],
    [';', '\n'],
  ] as const) {
    const rows = Array.from({ length: 300 }, (_, i) => [
      String(i),
      Array.from({ length: next(12) }, () => PIECES[next(PIECES.length)]).join(''),
      `label ${next(3)}`,
    ]);
    const quote = (cell: string) =>
      /[",;\t\n\r]/.test(cell) || next(4) === 0 ? `"${cell.replaceAll('"', '""')}"` : cell;
    const lines = [['id', 'text', 'label'], ...rows].map((cells) => cells.map(quote).join(delimiter));
    const table = await openTable(folder.write('round-trip.csv', lines.join(lineEnd)), { delimiter });
    const read: (readonly unknown[])[] = [];
    for await (const batch of table.rows(['id', 'text', 'label'])) {
      for (const row of batch) read.push('cells' in row ? row.cells : [row.problem]);
    }
    // A line end within a cell is read as a line feed.
    expect(read).toEqual(rows.map((cells) => cells.map((cell) => cell.replaceAll('\r\n', '\n'))));
  }
});

it('accounts for every row, or fails with a reason, whatever the bytes', async () => {
  const next = generator(2);
  const csv = Buffer.from(
    `text,label\n${Array.from({ length: 30 }, (_, i) => `some text ${i},l${i % 3}`).join('\n')}`,
  );
  const jsonl = Buffer.from(
    Array.from({ length: 30 }, (_, i) => `{"text":"some text ${i}","label":${i % 3}}`).join('\n'),
  );
  const json = Buffer.from(`[${jsonl.toString().replaceAll('\n', ',\n')}]`);
  const outcomes = { read: 0, refused: 0 };
  for (const [name, content] of [
    ['fuzz.csv', csv],
    ['fuzz.csv.gz', gzipSync(csv)],
    ['fuzz.jsonl', jsonl],
    ['fuzz.json', json],
  ] as const) {
    for (let trial = 0; trial < 30; trial++) {
      const bytes = Buffer.from(content);
      for (let change = 0; change <= next(4); change++) bytes[next(bytes.length)] = next(256);
      const path = folder.write(name, bytes.subarray(0, next(3) === 0 ? next(bytes.length) : bytes.length));
      try {
        const data = await readTextClassification(path, { maxRejectedShare: 1 });
        const examples = await Promise.all(Object.values(data.splits).map((split) => split.toArray()));
        expect(examples.flat().length + data.rejected.total).toBeGreaterThan(0);
        outcomes.read++;
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        outcomes.refused++;
      }
    }
  }
  expect(outcomes.read).toBeGreaterThan(20);
  expect(outcomes.refused).toBeGreaterThan(20);
});
