import { expect, test } from 'vitest';
import { type Checkpoint, goldenRise, leavesPowerLaw } from '../../src/assessment/hacking.js';
import { fitPowerLaw, residual } from '../../src/assessment/power-law.js';

const epochs = [1, 2, 3, 5, 8, 12, 20, 30, 50, 100, 200];
const law = (epoch: number) => 0.5 * epoch ** -0.4;

test('a power law is found from its points', () => {
  const found = fitPowerLaw(epochs.map((x) => [x, law(x)]));
  expect(found.exponent).toBeCloseTo(-0.4, 10);
  expect(found.scale).toBeCloseTo(0.5, 10);
  expect(residual(found, [7, law(7) * Math.E])).toBeCloseTo(1, 10);
  expect(() => fitPowerLaw([[1, 2]])).toThrow('points of different x');
});

test('a proxy that levels off leaves its law, one that keeps falling does not', () => {
  const falling = epochs.map((epoch): Checkpoint => ({ epoch, proxy: law(epoch) }));
  expect(leavesPowerLaw(falling)).toBeUndefined();
  const levelled = falling.map(({ epoch, proxy }) => ({ epoch, proxy: Math.max(proxy, law(40)) }));
  // ln(law(40) / law(epoch)) = 0.4 ln(epoch / 40): 0.09 at 50 and 0.37 at 100.
  expect(leavesPowerLaw(levelled)).toBe(100);
  expect(leavesPowerLaw(levelled, 0.5)).toBe(200);
  expect(leavesPowerLaw(levelled.slice(0, 3))).toBeUndefined();
});

test('the rise is from the least distance to the last', () => {
  const curve = [0.5, 0.4, 0.44].map((golden, epoch): Checkpoint => ({ epoch, proxy: 1, golden }));
  expect(goldenRise(curve)).toBeCloseTo(0.1, 10);
  expect(goldenRise(curve.slice(0, 2))).toBe(0);
});
