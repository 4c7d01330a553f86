import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readIdMask } from '../../src/tasks/id-mask.js';
import { loadSegmentation, openSegmentationFolder } from '../../src/tasks/segmentation-folder.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const size = { height: 4, width: 6 };

/** A grey PNG of these levels. */
function grey(levels: readonly number[], width: number): Promise<Buffer> {
  const raw = { width, height: levels.length / width, channels: 1 } as const;
  return sharp(Uint8Array.from(levels), { raw }).toColourspace('b-w').png().toBuffer();
}

function picture(width: number, height: number): Promise<Buffer> {
  const create = { width, height, channels: 3, background: { r: 10, g: 20, b: 30 } } as const;
  return sharp({ create }).png().toBuffer();
}

/** Left half of the one id, right half of the other. */
const halves = (left: number, right: number) =>
  Array.from({ length: 24 }, (_, i) => (i % 6 < 3 ? left : right));

const classes = JSON.stringify({ classes: ['road', 'sky'], ignore: 255 });

async function made(name: string, masks: readonly (readonly number[])[], names = classes): Promise<string> {
  folder.write(`${name}/classes.json`, names);
  for (const [i, ids] of masks.entries()) {
    folder.write(`${name}/images/${i}.png`, await picture(6, 4));
    folder.write(`${name}/masks/${i}.png`, await grey(ids, 6));
  }
  return join(folder.path, name);
}

const load = async (path: string) => loadSegmentation(await openSegmentationFolder(path), size);
const twelve = Array.from({ length: 12 }, () => halves(0, 1));

describe('folders of images and masks', () => {
  it('are joined by name, split and decoded', async () => {
    const { splits, warnings, hash } = await load(await made('good', twelve));
    expect([splits.train.count, splits.validation.count, splits.test.count]).toEqual([9, 1, 2]);
    expect([...splits.train.labels.subarray(0, 24)]).toEqual(halves(0, 1));
    expect([...splits.train.inputs.subarray(0, 72)].filter((_, i) => i % 24 === 0)).toEqual([10, 20, 30]);
    expect(warnings).toEqual([]);
    expect((await load(join(folder.path, 'good'))).hash).toBe(hash);
  });

  it('keep the splits that they have', async () => {
    for (const split of ['train', 'val', 'test']) await made(`split/${split}`, [halves(0, 1)]);
    folder.write('split/classes.json', classes);
    const { splits } = await load(join(folder.path, 'split'));
    expect([splits.train.count, splits.validation.count, splits.test.count]).toEqual([1, 1, 1]);
  });

  it('leave out what is all to ignore, and what has no mask, and say so', async () => {
    const path = await made('void', [...twelve, halves(255, 255)]);
    folder.write('void/images/alone.png', await picture(6, 4));
    const { splits, warnings } = await load(path);
    expect(splits.train.count + splits.validation.count + splits.test.count).toBe(12);
    expect(warnings).toEqual([
      '1 images have no mask and are left out',
      'left out, more than 99 % to ignore: 12.png (1)',
    ]);
  });

  it('name the ids that no class has', async () => {
    const error = await userError(load(await made('ids', [...twelve, halves(1, 17)])));
    expect(error.message).toBe('ids outside of the 2 classes: 17');
    expect(error.detail).toBe('  17: 12 pixels, first in 12.png');
  });

  it('name images of another size than their masks', async () => {
    const path = await made('sizes', twelve);
    folder.write('sizes/images/3.png', await picture(8, 4));
    const error = await userError(load(path));
    expect([error.message, error.detail]).toEqual([
      'images of another size than their masks: 1',
      '3.png: 8 x 4, its mask 6 x 4',
    ]);
  });

  it.each([
    ['one class', [...twelve].map(() => halves(1, 1)), classes, 'only one class occurs in the masks: sky'],
    ['no list', twelve, '{"classes": ["road"]}', 'not a list of classes: '],
    ['a broken list', twelve, '{', 'not a list of classes: '],
  ])('are refused with %s', async (name, masks, names, message) => {
    expect((await userError(load(await made(name, masks, names)))).message).toContain(message);
  });

  it('are refused without any pair, or when a picture is none', async () => {
    folder.write('none/classes.json', classes);
    folder.write('none/images/a.png', await picture(6, 4));
    folder.write('none/masks/b.png', await grey(halves(0, 1), 6));
    expect((await userError(load(join(folder.path, 'none')))).message).toContain('no image has a mask');
    const path = await made('damaged', twelve);
    folder.write('damaged/images/2.png', 'no picture');
    expect((await userError(load(path))).message).toContain('not a readable image');
    folder.write('damaged/images/2.png', await picture(6, 4));
    folder.write('damaged/masks/2.png', 'no picture');
    expect((await userError(load(path))).message).toContain('not a readable mask');
  });
});

describe('masks', () => {
  it('have grey levels or places in a palette as ids', async () => {
    const path = folder.write('grey.png', await grey([0, 1, 200, 255], 2));
    expect([...(await readIdMask(path)).ids]).toEqual([0, 1, 200, 255]);
    const raw = { width: 2, height: 2, channels: 3 } as const;
    const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 0, 0);
    const palette = await sharp(colours, { raw }).png({ palette: true }).toBuffer();
    const { ids } = await readIdMask(folder.write('palette.png', palette));
    expect(ids[0]).toBe(ids[3]);
    expect([...new Set(ids)].sort()).toEqual([0, 1, 2]);
    const painted = folder.write('painted.png', await sharp(colours, { raw }).png().toBuffer());
    const error = await userError(readIdMask(painted));
    expect(error.message).toContain('mask of colours');
    expect(error.detail).toBe('(255, 0, 0) at row 0, column 0');
  });

  it('can not be JPEGs, which make levels between the ids', async () => {
    const jpeg = await sharp(await picture(6, 4))
      .jpeg()
      .toBuffer();
    const error = await userError(readIdMask(folder.write('mask.jpg', jpeg)));
    expect(error.message).toContain("masks can't be jpeg");
    expect(error.hint).toContain('PNG');
  });
});

describe('annotations in the format of COCO', () => {
  const square = [0, 0, 3, 0, 3, 4, 0, 4];
  const file = (changes: object = {}) => ({
    images: Array.from({ length: 12 }, (_, i) => ({ id: i, file_name: `${i}.png`, width: 6, height: 4 })),
    annotations: Array.from({ length: 12 }, (_, i) => ({
      image_id: i,
      category_id: 7,
      area: 12,
      segmentation: [square],
    })),
    categories: [
      { id: 7, name: 'door' },
      { id: 3, name: 'wall' },
    ],
    ...changes,
  });
  const written = async (name: string, content: unknown) => {
    folder.write(`${name}/annotations.json`, typeof content === 'string' ? content : JSON.stringify(content));
    for (let i = 0; i < 12; i++) folder.write(`${name}/images/${i}.png`, await picture(6, 4));
    return join(folder.path, name);
  };

  it('are painted, the background first', async () => {
    const { splits } = await load(await written('coco', file()));
    expect(splits.train.classes).toEqual(['background', 'wall', 'door']);
    expect([...splits.train.labels.subarray(0, 24)]).toEqual(halves(2, 0));
  });

  it('paint small objects over large ones, and leave run-length masks out', async () => {
    const over = { image_id: 0, category_id: 3, area: 2, segmentation: [[0, 0, 1, 0, 1, 2, 0, 2]] };
    const run = { image_id: 0, category_id: 3, area: 2, segmentation: { counts: 'abc', size: [4, 6] } };
    const content = file({ annotations: [over, run, ...file().annotations] });
    const found = await openSegmentationFolder(await written('over', content));
    expect(found.warnings).toEqual(['1 run-length masks are left out']);
    const { splits } = await loadSegmentation(found, size);
    const all = Object.values(splits).flatMap(({ labels }) => [...labels]);
    expect(all.filter((id) => id === 1)).toHaveLength(2);
    expect(all.filter((id) => id === 2)).toHaveLength(12 * 12 - 2);
  });

  it.each([
    ['{', 'not annotations in the format of COCO'],
    [{ images: [] }, 'not annotations in the format of COCO'],
    [file({ categories: [] }), 'annotation 0 is of an unknown category: 7'],
    [file({ images: [] }), 'annotation 0 is of an unknown image: 0'],
  ])('%# are refused when they are none', async (content, message) => {
    expect((await userError(load(await written('bad', content)))).message).toContain(message);
  });
});
