import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSession, tensor } from '@tutelage/engine';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { loadMethod } from '../../../src/methods/index.js';
import { testFolder, userError } from '../../tasks/folder.js';
import { teach } from '../taught.js';

const folder = testFolder();
const data = join(folder.path, 'data');
const out = join(folder.path, 'out');
const side = 16;
const settings = {
  epochs: 8,
  width: 4,
  batchSize: 8,
  height: side,
  imageWidth: side,
  distance: 'kl',
  distanceWeight: 1,
};

/** A bright or dark square on grey: of class 1 or 2. */
async function writePair(i: number): Promise<void> {
  const label = 1 + (i % 2);
  const [left, top] = [(3 * i) % 9, (5 * i) % 9];
  const inside = (at: number) => {
    const [x, y] = [(at % side) - left, Math.floor(at / side) - top];
    return x >= 0 && x < 7 && y >= 0 && y < 7;
  };
  const raw = { width: side, height: side } as const;
  const light = (at: number) => (inside(at) ? (label === 1 ? 240 : 20) : 120);
  const pixels = Uint8Array.from({ length: 3 * side * side }, (_, j) => light(Math.floor(j / 3)));
  const ids = Uint8Array.from({ length: side * side }, (_, at) => (at < side ? 255 : inside(at) ? label : 0));
  folder.write(
    `data/images/${i}.png`,
    await sharp(pixels, { raw: { ...raw, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const mask = sharp(ids, { raw: { ...raw, channels: 1 } }).toColourspace('b-w');
  folder.write(`data/masks/${i}.png`, await mask.png().toBuffer());
}

beforeAll(async () => {
  folder.write('data/classes.json', JSON.stringify({ classes: ['ground', 'bright', 'dark'], ignore: 255 }));
  for (let i = 0; i < 48; i++) await writePair(i);
});

test('compares three ways, and ships a student that labels pixels', async () => {
  const { lines, said } = await teach('label-assisted-distillation', data, settings, out);
  expect(said).toEqual(['student alone', 'plain distillation', 'label-assisted distillation']);
  expect(lines[0]).toMatch(/^student alone: mean IoU \d+\.\d %, right pixels \d+\.\d %$/);
  expect(lines[3]).toMatch(/^ {2}ground: \d+\.\d %, \d+\.\d %, \d+\.\d %$/);
  expect(lines.filter((line) => line.startsWith('teacher, shown'))).toHaveLength(3);
  const { classes, rows } = JSON.parse(readFileSync(join(out, 'table.json'), 'utf8'));
  expect(classes).toEqual(['ground', 'bright', 'dark']);
  expect(rows[2].leaning).toHaveProperty('entropy');
  for (const { meanIou } of rows) expect(meanIou).toBeGreaterThan(0.5);

  const session = await openSession(join(out, 'student.onnx'));
  const pixels = new Float32Array(2 * 3 * side * side).fill(120);
  // A bright square in the second image.
  for (let c = 0; c < 3; c++) {
    for (let y = 5; y < 12; y++)
      pixels.fill(240, ((3 + c) * side + y) * side + 5, ((3 + c) * side + y) * side + 12);
  }
  const { classes: labelled, logits } = await session.run({ image: tensor(pixels, [2, 3, side, side]) });
  await session.dispose();
  expect([labelled!.shape, logits!.shape]).toEqual([
    [2, side, side],
    [2, 3, side, side],
  ]);
  const at = (n: number, y: number, x: number) => Number(labelled!.data[(n * side + y) * side + x]);
  expect([at(0, 8, 8), at(1, 8, 8), at(1, 14, 2)]).toEqual([0, 1, 0]);
  expect(readFileSync(join(out, 'teacher.safetensors')).length).toBeGreaterThan(1000);
});

test('goes on from what is done, and refuses another experiment in its folder', async () => {
  const { lines, said } = await teach('label-assisted-distillation', data, settings, out);
  expect(said).toEqual([]);
  expect(lines).toHaveLength(10);
  const other = teach('label-assisted-distillation', data, { ...settings, epochs: 9 }, out);
  expect((await userError(other)).detail).toBe('epochs: 8 there, 9 now');
});

test('an interruption leaves what was done', async () => {
  const stopped = AbortSignal.abort();
  const { lines } = await teach(
    'label-assisted-distillation',
    data,
    settings,
    join(folder.path, 'stopped'),
    stopped,
  );
  expect(lines.filter((line) => line.includes('mean IoU'))).toEqual([]);
});

test.each(['cwd', 'dist'])('learns by %s as well, and from fixed or random codes', async (distance) => {
  const changes = { ...settings, epochs: 1, distance, studentCodes: 'random', consistency: 0 };
  const { lines } = await teach('label-assisted-distillation', data, changes, join(folder.path, distance));
  expect(lines[2]).toContain('label-assisted distillation: mean IoU');
});

test("a claim's arm tells of its teacher", async () => {
  const { claim } = await loadMethod('label-assisted-distillation');
  const arm = claim.quickArms.find(({ id }) => id === 'assisted')!;
  const measured = await arm.run(1, new AbortController().signal);
  if (typeof measured === 'number') throw new Error('no figures');
  const { teacher, shuffled, blank, entropy } = measured.figures;
  for (const iou of [measured.value, teacher, shuffled, blank]) expect(iou).toBeLessThan(0.5);
  expect(entropy).toBeGreaterThan(1);
  expect(entropy).toBeLessThanOrEqual(Math.log(6));
  expect(await arm.run(1, new AbortController().signal)).toEqual(measured);
});
