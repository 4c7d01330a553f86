import { expect, test } from 'vitest';
import { foldIn, key, stream } from '../../src/random/index.js';

const draws = (from: string, count = 1000) => {
  const dice = stream(key(from));
  return Array.from({ length: count }, () => dice.uniform());
};

test('equal keys give equal streams, other keys others', () => {
  expect(draws('a')).toEqual(draws('a'));
  expect(draws('a')).not.toEqual(draws('b'));
  const parent = stream(key('a'));
  parent.normal();
  expect(Array.from({ length: 1000 }, () => parent.uniform())).toEqual(draws('a'));
  expect(stream(foldIn(key('a'), 1)).uniform()).not.toBe(stream(key('a')).uniform());
});

test('numbers are spread as they should be', () => {
  const dice = stream(key(3));
  const counts = new Int32Array(6);
  for (let i = 0; i < 6000; i++) counts[dice.integer(6)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(130);
  const normal = Array.from({ length: 4000 }, () => dice.normal());
  const mean = normal.reduce((sum, x) => sum + x, 0) / normal.length;
  expect(Math.abs(mean)).toBeLessThan(0.07);
  expect(normal.reduce((sum, x) => sum + x * x, 0) / normal.length).toBeCloseTo(1, 0);
});

test('a shuffle keeps all, and reaches every order', () => {
  const dice = stream(key(4));
  const orders = new Set(Array.from({ length: 200 }, () => dice.shuffle([1, 2, 3]).join('')));
  expect([...orders].sort()).toEqual(['123', '132', '213', '231', '312', '321']);
  expect(dice.shuffle([])).toEqual([]);
});

test('what can not be drawn is told', () => {
  const dice = stream(key(5));
  expect(() => dice.integer(0)).toThrow('from 1 to 2^24 is needed: 0');
  expect(() => dice.pick([])).toThrow('nothing to pick from');
});
