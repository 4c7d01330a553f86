import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readIdx } from '../../src/tasks/idx.js';
import { readImages } from '../../src/tasks/images.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const shape = { height: 4, width: 6, channels: 3 } as const;

function plain(red: number, green: number, blue: number, alpha = 1) {
  return sharp({
    create: { width: 12, height: 8, channels: 4, background: { r: red, g: green, b: blue, alpha } },
  });
}

/** A small PNG file whose header claims 20,000 x 20,000 pixels. */
async function bomb(): Promise<Buffer> {
  const png = await plain(0, 0, 0).png().toBuffer();
  png.writeUInt32BE(20_000, 16);
  png.writeUInt32BE(20_000, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

describe('image folders', () => {
  beforeAll(async () => {
    for (const [i, split] of ['train', 'train', 'train', 'test'].entries()) {
      folder.write(
        `pets/${split}/cat/${i}.png`,
        await plain(200, 10 * i, 0)
          .png()
          .toBuffer(),
      );
      folder.write(
        `pets/${split}/dog/${i}.jpg`,
        await plain(0, 10 * i, 200)
          .jpeg()
          .toBuffer(),
      );
    }
    folder.write('pets/train/cat/.hidden', 'x');
    folder.write('pets/train/cat/clear.png', await plain(0, 0, 0, 0).png().toBuffer());
    folder.write('pets/train/dog/grey.webp', await plain(90, 90, 90).webp({ lossless: true }).toBuffer());
    const photo = readFileSync(join(folder.path, 'pets/train/dog/0.jpg'));
    folder.write('pets/train/dog/cut.jpg', photo.subarray(0, photo.length >> 1));
    folder.write('pets/train/dog/notes.txt', 'not an image');
    folder.write(
      'pets/train/dog/drawing.svg',
      '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>',
    );
    folder.write('pets/train/dog/nested/deep.png', await plain(1, 2, 3).png().toBuffer());
    folder.write('pets/train/dog/bomb.png', await bomb());
  });

  it('reads pixels in the shape asked for, and rejects what is not an image', async () => {
    const rejectedPath = join(folder.path, 'rejected.jsonl');
    const options = { shape, shares: { validation: 0, test: 0 }, rejectedPath, maxRejectedShare: 0.5 };
    const data = await readImages(join(folder.path, 'pets'), options);
    expect(data.labels).toEqual(['cat', 'dog']);
    expect(data.splits.train.map(({ id }) => id)).toEqual([
      ...['0.png', '1.png', '2.png', 'clear.png'].map((name) => join('train', 'cat', name)),
      ...['0.jpg', '1.jpg', '2.jpg', 'grey.webp'].map((name) => join('train', 'dog', name)),
    ]);
    const byId = new Map(data.splits.train.map((example) => [example.id, example]));
    const cat = byId.get(join('train', 'cat', '1.png'))!;
    expect(cat.target).toBe('cat');
    expect([...cat.input]).toEqual(Array.from({ length: 24 }, () => [200, 10, 0]).flat());
    expect([...byId.get(join('train', 'cat', 'clear.png'))!.input]).toEqual(new Array(72).fill(255));
    expect(data.splits.test).toHaveLength(2);

    const rejected = readFileSync(rejectedPath, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const reasons = new Map(rejected.map(({ source, reason }) => [source.split(/[\\/]/).at(-1), reason]));
    expect([...reasons.keys()].sort()).toEqual(['bomb.png', 'cut.jpg', 'drawing.svg', 'nested', 'notes.txt']);
    expect(reasons.get('bomb.png')).toMatch(/pixel limit/);
    expect(reasons.get('drawing.svg')).toBe('image format is not read: svg');
  });

  it('makes grey images', async () => {
    const data = await readImages(join(folder.path, 'pets'), {
      shape: { height: 2, width: 2, channels: 1 },
      maxRejectedShare: 0.5,
    });
    const grey = Object.values(data.splits)
      .flat()
      .find(({ id }) => id.endsWith('grey.webp'))!;
    expect([...grey.input]).toEqual([90, 90, 90, 90]);
  });

  it('refuses folders without classes, missing ones and impossible shapes', async () => {
    folder.write('flat/a.png', 'x');
    expect((await userError(readImages(join(folder.path, 'flat'), { shape }))).message).toMatch(
      /^no class folders/,
    );
    expect((await userError(readImages(join(folder.path, 'none'), { shape }))).message).toMatch(
      /^no such file/,
    );
    const zero = readImages(folder.path, { shape: { ...shape, width: 0 } });
    expect((await userError(zero)).message).toBe('impossible image size: 4 x 0');
  });
});

function idx(sizes: readonly number[], values: Uint8Array, type = 8): Buffer {
  const head = Buffer.alloc(4 + 4 * sizes.length);
  head.set([0, 0, type, sizes.length]);
  for (const [i, size] of sizes.entries()) head.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([head, values]);
}

describe('IDX', () => {
  const pixels = Uint8Array.from({ length: 20 * 6 }, (_, i) => i);
  const digits = Uint8Array.from({ length: 20 }, (_, i) => (i % 2) + 8);

  it('reads the files of MNIST, gzipped or not', async () => {
    folder.write('mnist/train-images-idx3-ubyte.gz', gzipSync(idx([20, 2, 3], pixels)));
    folder.write('mnist/train-labels-idx1-ubyte.gz', gzipSync(idx([20], digits)));
    folder.write('mnist/t10k-images.idx3-ubyte', idx([1, 2, 3], Uint8Array.of(9, 8, 7, 6, 5, 4)));
    folder.write('mnist/t10k-labels.idx1-ubyte', idx([1], Uint8Array.of(9)));
    const data = await readImages(join(folder.path, 'mnist'), {
      shape: { height: 2, width: 3, channels: 1 },
    });
    expect(data.labels).toEqual(['8', '9']);
    expect(data.splits.train).toHaveLength(18);
    expect(data.splits.validation).toHaveLength(2);
    expect(data.splits.test).toEqual([{ id: 'test:1', input: Uint8Array.of(9, 8, 7, 6, 5, 4), target: '9' }]);
    const seventh = [...data.splits.train, ...data.splits.validation].find(({ id }) => id === 'train:7')!;
    expect([...seventh.input]).toEqual([36, 37, 38, 39, 40, 41]);
  });

  it('resizes', async () => {
    const data = await readImages(join(folder.path, 'mnist'), {
      shape: { height: 4, width: 6, channels: 3 },
    });
    expect(data.splits.test[0]!.input).toHaveLength(4 * 6 * 3);
  });

  it.each([
    ['too short', idx([20, 2, 3], pixels.subarray(1)), 'sizes 20 x 2 x 3 need 120 values, found 119'],
    ['too long', idx([19, 2, 3], pixels), 'sizes 19 x 2 x 3 need 114 values, found 120'],
    ['immense', idx([4e9, 4e9, 4e9], pixels), 'need 6.4e+28 values, found 120'],
    ['floats', idx([20], pixels, 0x0d), 'values of type 0xd; only bytes are read'],
    ['cut header', Buffer.of(0, 0, 8, 3, 0), 'it ends within the header'],
    ['no magic number', Buffer.from('text'), 'it does not begin with two zero bytes'],
    ['empty', Buffer.alloc(0), 'it does not begin with two zero bytes'],
  ])('refuses a file that is %s', async (_, content, detail) => {
    const error = await userError(readIdx(folder.write('bad.idx', content)));
    expect(error.detail).toContain(detail);
  });

  it('refuses images and labels that differ in number', async () => {
    folder.write('uneven/train-images-idx3-ubyte', idx([20, 2, 3], pixels));
    folder.write('uneven/train-labels-idx1-ubyte', idx([19], digits.subarray(1)));
    const error = await userError(readImages(join(folder.path, 'uneven'), { shape }));
    expect(error.message).toBe('images and labels differ in number: 20 and 19');
  });
});
