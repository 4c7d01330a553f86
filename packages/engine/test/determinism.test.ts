import { expect, test } from 'vitest';
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
