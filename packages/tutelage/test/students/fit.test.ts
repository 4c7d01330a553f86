import { mean, mul, nn, optim, sub, type Tensor, tensor, toNumbers, type Value } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { fit } from '../../src/students/fit.js';
import { overRows } from '../../src/students/over-rows.js';

type Line = { readonly slope: Value };

/** Learns y = 3 x from ten points; tells which rows were used. */
async function learned(options: { epochs?: number; signal?: AbortSignal; onEpoch?: () => void } = {}) {
  const used: number[][] = [];
  const { params } = await fit<Line, Record<string, never>, { readonly x: Value }>({
    net: { params: { slope: nn.zeros([1]) }, state: {} },
    loss: ({ slope }, { x }) => {
      const error = sub(mul(slope, x), mul(x, 3));
      return [mean(mul(error, error)), {}];
    },
    rows: 10,
    batchSize: 4,
    epochs: options.epochs ?? 60,
    batch: (rows) => {
      used.push([...rows]);
      return { x: tensor(rows.map((row) => (row + 1) / 10)) };
    },
    optimizer: optim.adamw({ learningRate: 0.1, weightDecay: 0 }),
    schedule: (total) => optim.linear({ total }),
    seed: 5,
    signal: options.signal ?? new AbortController().signal,
    afterEpoch: async () => options.onEpoch?.(),
  });
  return { slope: toNumbers(params.slope as Tensor)[0]!, used };
}

test('learns in whole batches, in another order each epoch, and to the same bits', async () => {
  const { slope, used } = await learned();
  expect(slope).toBeCloseTo(3, 1);
  expect(used).toHaveLength(120);
  expect(used.every((rows) => rows.length === 4)).toBe(true);
  expect(new Set(used.slice(0, 2).flat()).size).toBe(8);
  expect(used.slice(0, 2)).not.toEqual(used.slice(2, 4));
  expect((await learned()).slope).toBe(slope);
});

test('ends after the step under way when it is told to', async () => {
  const controller = new AbortController();
  const { used } = await learned({ signal: controller.signal, onEpoch: () => controller.abort() });
  expect(used).toHaveLength(2);
});

test('rows are gone over in order, however many at a time', async () => {
  const values = Float32Array.from({ length: 7 }, (_, i) => i);
  const batch = (rows: readonly number[]) => tensor(rows.map((row) => values[row]!));
  for (const atOnce of [1, 3, 64]) {
    const doubled = await overRows<Value>(7, batch, (x) => mul(x, 2), { atOnce });
    expect([...doubled]).toEqual([0, 2, 4, 6, 8, 10, 12]);
  }
});
