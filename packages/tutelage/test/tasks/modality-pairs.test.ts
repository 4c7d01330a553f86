import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { joinPairs, mayHoldOneClass, pairsIn, readPairFolder } from '../../src/tasks/modality-pairs.js';
import { testFolder, userError } from './folder.js';
import { wav } from './wav-file.js';

const folder = testFolder();
const ids = Array.from({ length: 40 }, (_, i) => `e${i}`);
const labels = `id,label\n${ids.map((id, i) => `${id},${i % 2 ? 'odd' : 'even'}`).join('\n')}\n`;
const vectors = (of: readonly string[]) =>
  `id,a,b,same\n${of.map((id, i) => `${id},${i},${-2 * i},5`).join('\n')}\n`;
const other = (of: readonly string[]) => of.map((id, i) => JSON.stringify({ id, x: (i * 7) % 5 })).join('\n');

function made(name: string, changes: Record<string, string> = {}): string {
  const files = { 'labels.csv': labels, 'first.csv': vectors(ids), 'second.jsonl': other(ids), ...changes };
  for (const [file, content] of Object.entries(files)) folder.write(`${name}/${file}`, content);
  return join(folder.path, name);
}

const stop = { keep: '', unpaired: 'stop' } as const;
const load = async (path: string, options: Parameters<typeof joinPairs>[1] = stop) =>
  joinPairs(await readPairFolder(path), options);

describe('folders of pairs', () => {
  it('are joined by id, and scaled by the training pairs', async () => {
    const { names, labels, splits, scales, warnings } = await load(made('good'));
    expect([names, labels, warnings]).toEqual([['first', 'second'], ['even', 'odd'], []]);
    const { train, validation, test } = splits;
    expect([train.count, validation.count, test.count]).toEqual([28, 6, 6]);
    expect(train.shapes).toEqual([[3], [1]]);
    const column = (c: number) => Array.from({ length: train.count }, (_, i) => train.inputs[0][3 * i + c]!);
    const mean = column(0).reduce((a, b) => a + b, 0) / train.count;
    expect(mean).toBeCloseTo(0, 5);
    expect(column(1)[0]).toBeCloseTo(-column(0)[0]!, 4);
    expect(column(2).every((x) => x === 0)).toBe(true);
    expect(scales[0].deviation[2]).toBe(1);
    // e0, e2, ... are even, and the raw number is the id's.
    for (let i = 0; i < train.count; i++) {
      const raw = Math.round(train.inputs[0][3 * i]! * scales[0].deviation[0]! + scales[0].mean[0]!);
      expect(train.classes[i]).toBe(Math.abs(raw) % 2);
    }
  });

  it('put the modality first that is to be kept', async () => {
    const { names, splits } = await load(made('kept'), { ...stop, keep: 'second' });
    expect([names, splits.train.shapes]).toEqual([
      ['second', 'first'],
      [[1], [3]],
    ]);
    const error = await userError(load(made('kept'), { ...stop, keep: 'third' }));
    expect([error.message, error.hint]).toEqual(['no such modality: third', 'there are first and second']);
  });

  it('keep the splits that they state', async () => {
    const rows = ids.map((id, i) => `${id},${i % 2},${i < 30 ? 'train' : i < 35 ? 'val' : 'test'}`);
    const { splits } = await load(made('split', { 'labels.csv': `id,label,split\n${rows.join('\n')}\n` }));
    expect([splits.train.count, splits.validation.count, splits.test.count]).toEqual([30, 5, 5]);
  });

  it('list ids that are not paired, or drop them', async () => {
    const path = made('unpaired', { 'second.jsonl': other([...ids.slice(1), 'more']) });
    const error = await userError(load(path));
    expect(error.message).toBe('ids that are not paired: 2');
    expect(error.detail).toBe('e0: not in second\nmore: no label');
    const { splits, warnings } = await load(path, { ...stop, unpaired: 'drop' });
    expect(splits.train.count + splits.validation.count + splits.test.count).toBe(39);
    expect(warnings).toEqual(['left out, not paired: 2 ids, such as e0: not in second']);
  });

  it.each([
    [
      'the same throughout',
      { 'second.jsonl': ids.map((id) => JSON.stringify({ id, x: 0 })).join('\n') },
      'modality is the same throughout: second',
    ],
    ['a third', { 'third.csv': vectors(ids) }, 'not a folder of pairs'],
    ['words', { 'first.csv': vectors(ids).replace('e3,3', 'e3,three') }, 'not a number: '],
    ['an id twice', { 'first.csv': `${vectors(ids)}e1,1,2,3\n` }, 'an id occurs twice: e1'],
    ['no ids', { 'first.csv': vectors(ids).replace('id,', 'key,') }, 'no column id'],
    ['one label', { 'labels.csv': labels.replaceAll('odd', 'even') }, 'two labels are needed'],
    ['no labels', { 'labels.csv': labels.replace('label', 'answer') }, 'no column label'],
    [
      'an odd split',
      { 'labels.csv': labels.replace('label', 'label,split').replaceAll(/(odd|even)\n/g, '$1,later\n') },
      'unknown split',
    ],
  ])('are refused with %s', async (name, changes, message) => {
    expect((await userError(load(made(name, changes as Record<string, string>)))).message).toContain(message);
  });
});

describe('folders as modalities', () => {
  beforeAll(async () => {
    for (const [i, id] of ids.entries()) {
      const create = { width: 5, height: 7, channels: 3, background: { r: i, g: 2 * i, b: 0 } } as const;
      folder.write(`media/pictures/${id}.png`, await sharp({ create }).png().toBuffer());
      const samples = Array.from({ length: 800 }, (_, t) => Math.sin(t * (0.1 + i / 50)));
      folder.write(`media/sounds/${id}.wav`, wav(samples, { bits: 16, rate: 8000 }));
    }
    folder.write('media/labels.csv', labels);
  });

  it('are read as planes of colours and as log-mel pictures', async () => {
    const { names, splits, scales } = await load(join(folder.path, 'media'));
    expect(names).toEqual(['pictures', 'sounds']);
    expect(splits.train.shapes).toEqual([
      [3, 28, 28],
      [1, 24, 24],
    ]);
    const [planes] = splits.train.inputs;
    const raw = (i: number) => planes[i]! * scales[0].deviation[0]! + scales[0].mean[0]!;
    expect(raw(784)).toBeCloseTo(2 * raw(0), 4);
    expect(raw(2 * 784)).toBeCloseTo(0, 4);
  });

  it('are refused with files of other kinds, or damaged ones', async () => {
    folder.write('odd/labels.csv', labels);
    folder.write('odd/second.jsonl', other(ids));
    folder.write('odd/media/a.txt', 'words');
    expect((await userError(load(join(folder.path, 'odd')))).message).toContain(
      'a folder of images or of WAV files',
    );
    folder.write('broken/labels.csv', labels);
    folder.write('broken/second.jsonl', other(ids));
    folder.write('broken/media/e1.wav', 'RIFF');
    expect((await userError(load(join(folder.path, 'broken')))).message).toContain('not a readable WAV file');
  });
});

it('parts of pairs are views', async () => {
  const { train } = (await load(made('parts'))).splits;
  const part = pairsIn(train, 3, 5);
  expect(part.count).toBe(2);
  expect([...part.inputs[0]]).toEqual([...train.inputs[0].subarray(9, 15)]);
  expect([...part.classes]).toEqual([...train.classes.subarray(3, 5)]);
  expect(mayHoldOneClass(train, 4)).toBe(true);
  expect(mayHoldOneClass(train, 64)).toBe(false);
});
