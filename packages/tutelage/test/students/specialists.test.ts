import { optim, random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { initPairNets } from '../../src/students/pair-nets.js';
import { freezePairs, groupLogits, plainWays, specialists } from '../../src/students/specialists.js';
import type { Pairs } from '../../src/tasks/modality-pairs.js';

const count = 64;
const inputs = [new Float32Array(count * 4), new Float32Array(count * 3)] as const;
for (const [i, values] of inputs.entries()) random.fillNormal(values, random.foldIn(random.key(1), i));
const pairs: Pairs = {
  count,
  shapes: [[4], [3]],
  inputs,
  classes: Int32Array.from({ length: count }, (_, i) => i % 2),
};
const options = {
  kind: 'cheap',
  factor: 2,
  heads: 3,
  epochs: 30,
  batchSize: 32,
  optimizer: optim.adamw({ learningRate: 0.02, weightDecay: 0 }),
  temperature: 4,
  seed: 1,
  signal: new AbortController().signal,
} as const;

test('masks bring teachers nearer to the student, and leave the teachers themselves alone', async () => {
  const nets = initPairNets(random.key(2), pairs.shapes, 2);
  const frozen = await freezePairs(pairs, nets);
  const ways = await specialists(frozen, frozen, options);
  expect(ways.map(({ name }) => name)).toEqual([
    'teacher, features',
    'teacher, hidden',
    'auxiliary, features',
    'auxiliary, hidden',
  ]);
  const [plain, masked] = [
    await groupLogits({ frozen, ways: plainWays }),
    await groupLogits({ frozen, ways }),
  ];
  expect([plain.length, masked.length]).toEqual([count * 2 * 2, count * 4 * 2]);
  const margin = (logits: Float32Array, way: number, all: number, i: number) =>
    logits[(i * all + way) * 2]! - logits[(i * all + way) * 2 + 1]!;
  const own = (i: number) => frozen.tables.student[2 * i]! - frozen.tables.student[2 * i + 1]!;
  const distance = (logits: Float32Array, way: number, all: number) =>
    Array.from({ length: count }, (_, i) => (margin(logits, way, all, i) - own(i)) ** 2).reduce(
      (a, b) => a + b,
    );
  for (const [way, teacher] of [0, 0, 1, 1].entries()) {
    expect(distance(masked, way, 4)).toBeLessThan(distance(plain, teacher, 2));
  }
  expect(await groupLogits({ frozen, ways: plainWays })).toEqual(plain);
});

test('a layer too wide for a mask net is named', async () => {
  const frozen = await freezePairs(pairs, initPairNets(random.key(3), pairs.shapes, 2));
  const wide = {
    ...frozen.nets.teacher,
    fc1: { weight: { ...frozen.nets.teacher.fc1.weight, shape: [32, 5000] } },
  };
  const nets = { ...frozen.nets, teacher: wide };
  await expect(
    specialists({ ...frozen, nets }, frozen, { ...options, kind: 'attention' }),
  ).rejects.toMatchObject({
    message: 'layer too wide for a mask net: teacher, features: 5000',
    hint: 'raise maskFactor, or set masks=cheap',
  });
});
