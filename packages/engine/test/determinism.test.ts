import { expect, test } from 'vitest';
import { jit, scatterAdd, tensor, toNumbers, type Value } from '../src/index.js';
import { trainedBits } from './guarantees/training.js';
import { runScript } from './support/child.js';

test.each([1, 2])(
  'the same seed gives the same bits on %i threads, in a new process as well',
  async (threads) => {
    const bits = await trainedBits(threads);
    expect(await trainedBits(threads)).toBe(bits);
    expect(await runScript('guarantees/print-bits.ts', [String(threads)])).toBe(bits);
  },
);

test('another seed gives other bits', async () => {
  expect(await trainedBits(1, 2)).not.toBe(await trainedBits(1, 1));
});

test('rows that meet in one slot are all added, on several threads too', async () => {
  const [rows, width] = [12_288, 64];
  const add = jit((x: Value, at: Value) => scatterAdd(x, at, 2), { threads: 2 });
  const at = tensor(Int32Array.from({ length: rows }, (_, i) => i % 2));
  const x = tensor(new Float32Array(rows * width).fill(1), [rows, width]);
  for (let i = 0; i < 30; i++) expect(new Set(toNumbers(await add(x, at)))).toEqual(new Set([rows / 2]));
  await add.dispose();
});
