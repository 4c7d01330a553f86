import { expect, test } from 'vitest';
import { latest } from '../../src/experiments/latest.js';

test('what was made last is kept, and shared by those who ask while it is made', async () => {
  const made: number[] = [];
  const worlds = latest(async (seed) => {
    made.push(seed);
    return { seed };
  });
  const [first, second] = await Promise.all([worlds(1), worlds(1)]);
  expect(first).toBe(second);
  expect(await worlds(1)).toBe(first);
  expect((await worlds(2)).seed).toBe(2);
  await worlds(1);
  expect(made).toEqual([1, 2, 1]);
});
