import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { ridge } from '../../src/assessment/ridge.js';

const dice = random.stream(random.key(1));
const rows = Array.from({ length: 30 }, () => [dice.normal(), dice.normal()]);
const targets = rows.map(([a, b]) => 3 + 2 * a! - b!);

test('finds a plane that fits', () => {
  const plane = ridge(rows, targets, 1e-9);
  expect(plane([0, 0])).toBeCloseTo(3, 6);
  expect(plane([1, 2])).toBeCloseTo(3, 6);
  expect(plane([5, 0])).toBeCloseTo(13, 6);
});

test('a penalty draws to the mean, which stays', () => {
  const flat = ridge(rows, targets, 1e9);
  expect(flat([7, -7])).toBeCloseTo(targets.reduce((a, b) => a + b) / 30, 4);
});

test('features that say the same do not stop it', () => {
  const twice = rows.map(([a]) => [a!, a!]);
  const line = ridge(
    twice,
    rows.map(([a]) => 4 * a!),
    1e-3,
  );
  expect(line([1, 1])).toBeCloseTo(4, 3);
});
