import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { replayCount, replayed, replayShares, shareName } from '../../src/curricula/replay.js';

const key = random.key(1);

test('a share of a set has one item at least', () => {
  expect(replayCount(8000, 1 / 256)).toBe(32);
  expect(replayCount(100, 1 / 256)).toBe(1);
  expect(replayed(100, 1 / 256, key)).toHaveLength(1);
});

test('what is replayed is fixed by the key, without repetition', () => {
  const found = replayed(50, 0.5, key);
  expect(new Set(found).size).toBe(25);
  expect(replayed(50, 0.5, key)).toEqual(found);
  expect(replayed(50, 0.5, random.key(2))).not.toEqual(found);
  expect(replayed(50, 1, key)).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

test('balanced: as many of each group as can be', () => {
  const groups = Array.from({ length: 40 }, (_, i) => (i < 36 ? 'often' : 'rare'));
  const found = replayed(40, 0.2, key, { groups }).map((i) => groups[i]);
  expect(found.filter((group) => group === 'rare')).toHaveLength(4);
  expect(found).toHaveLength(8);
});

test('hardest: those with the greatest loss', () => {
  const losses = [0.1, 3, 0.2, 5, 0.3];
  expect(replayed(5, 0.4, key, { losses })).toEqual([1, 3]);
});

test('shares are numbers or fractions', () => {
  expect(replayShares('1/256, 0.25,1')).toEqual([1 / 256, 0.25, 1]);
  expect([1 / 256, 0.3, 1].map(shareName)).toEqual(['1-256', '0.3', '1']);
  for (const text of ['0', '2', 'some', '1/0', '']) {
    expect(() => replayShares(text)).toThrow('not a share of a set');
  }
});
