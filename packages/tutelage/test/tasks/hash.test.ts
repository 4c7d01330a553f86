import { expect, it } from 'vitest';
import { TextIndex } from '../../src/tasks/hash.js';

it('tells equal texts from different ones', () => {
  const index = new TextIndex();
  const first = Array.from({ length: 100_000 }, (_, i) => index.add(`text ${i}`));
  expect(first.every((position, i) => position === i)).toBe(true);
  expect(index.add('text 500')).toBe(500);
  expect(index.add('text 99999')).toBe(99_999);
  expect(index.add('')).toBe(100_002);
  expect(index.size).toBe(100_003);
});

it('ranks texts evenly, and by content alone', () => {
  const index = new TextIndex();
  for (let i = 0; i < 10_000; i++) index.add(String(i % 9_999));
  const ranks = index.ranks(7);
  expect(ranks[9_999]).toBe(ranks[0]);
  const tenths = new Array<number>(10).fill(0);
  for (const rank of ranks) tenths[Math.floor(rank * 10)]!++;
  // Five standard deviations of a binomial with 10,000 trials and odds of 0.1.
  for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
