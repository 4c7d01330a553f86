import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSession, tensor, toNumbers } from '@tutelage/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import { testFolder, userError } from '../../tasks/folder.js';
import { teach } from '../taught.js';

const folder = testFolder();
const data = join(folder.path, 'data');
const classes = ['low', 'middle', 'high'];
const settings = { coEpochs: 3, maskEpochs: 2, epochs: 8, batchSize: 16, learningRate: 0.01, maskHeads: 2 };

/** Numbers around a class's own, the second modality the surer of the two. */
const near = (label: number, i: number, spread: number) => label + spread * Math.sin(12.9898 * i);

beforeAll(() => {
  const ids = Array.from({ length: 200 }, (_, i) => i);
  const table = (header: string, row: (i: number) => string) => `${header}\n${ids.map(row).join('\n')}\n`;
  folder.write(
    'data/labels.csv',
    table('id,label', (i) => `e${i},${classes[i % 3]}`),
  );
  folder.write(
    'data/body.csv',
    table('id,a,b', (i) => `e${i},${near(i % 3, i, 0.8)},${near(-(i % 3), i + 7, 0.8)}`),
  );
  folder.write(
    'data/voice.csv',
    table('id,c', (i) => `e${i},${near(i % 3, i + 3, 0.3)}`),
  );
});

const run = (changes: Record<string, unknown>, name: string) =>
  teach('mst-distill', data, { ...settings, ...changes }, join(folder.path, name));

test('compares the paths, ships the student, and records how teachers were used', async () => {
  const { lines } = await run({}, 'out');
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/^student alone: \d+\.\d % right, log loss \d\.\d{3}$/);
  expect(lines[4]).toMatch(/^MST-Distill: /);
  const record = JSON.parse(readFileSync(join(folder.path, 'out', 'mixture.json'), 'utf8'));
  expect(record.ways.map(({ name, mask }: { name: string; mask: number[] }) => [name, mask.length])).toEqual([
    ['teacher, features', 64],
    ['teacher, hidden', 32],
    ['auxiliary, features', 32],
    ['auxiliary, hidden', 32],
  ]);
  const total = (shares: number[]) => shares.reduce((a, b) => a + b, 0);
  expect(total(record.use)).toBeCloseTo(1, 9);
  expect(Object.keys(record.useByClass)).toEqual(classes.toSorted());
  expect(record.useOverTime).toHaveLength(8);

  const session = await openSession(join(folder.path, 'out', 'student.onnx'));
  const input = tensor(
    classes.flatMap((_, label) => [label, -label]),
    [3, 2],
  );
  const { probabilities } = await session.run({ input });
  await session.dispose();
  const rows = [0, 1, 2].map((i) => toNumbers(probabilities!).slice(3 * i, 3 * i + 3));
  const sorted = classes.toSorted();
  expect(rows.map((row) => sorted[row.indexOf(Math.max(...row))])).toEqual(classes);
});

test.each([
  { gate: 'weighted', balance: 'cv' },
  { gate: 'straight-through', k: 2 },
  { gate: 'random', masks: 'cheap' },
  { masks: 'none', k: 2, keep: 'voice' },
])('%o', async (changes) => {
  const { lines } = await run({ ...changes, coEpochs: 1, maskEpochs: 1, epochs: 1 }, JSON.stringify(changes));
  expect(lines[4]).toMatch(/^MST-Distill: \d/);
});

describe('is refused', () => {
  test.each([
    [{ k: 5 }, 'k above the number of teachers: 5 of 4'],
    [{ masks: 'none', k: 3 }, 'k above the number of teachers: 3 of 2'],
    [{ keep: 'face' }, 'no such modality: face'],
  ])('%o', async (changes, message) => {
    expect((await userError(run({ ...changes, epochs: 1 }, `bad${JSON.stringify(changes)}`))).message).toBe(
      message,
    );
  });
});

test('warns of batches that may hold one class alone', async () => {
  const { said } = await run({ batchSize: 2, epochs: 1, coEpochs: 1, maskEpochs: 1 }, 'small');
  expect(said[0]).toContain('batches may hold one class alone');
});
