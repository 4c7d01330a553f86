import { expect, test } from 'vitest';
import { runRates } from '../../src/runs/rates.js';

test('the time left follows from the steps that were seen', () => {
  let now = 0;
  const rates = runRates(() => now);
  expect(rates.secondsLeft('a', 10, 100)).toBeUndefined();
  for (let step = 11; step <= 20; step++) {
    now += 1000;
    rates.secondsLeft('a', step, 100);
  }
  expect(rates.secondsLeft('a', 20, 100)).toBeCloseTo(80, 0);
  expect(rates.secondsLeft('a', 100, 100)).toBeUndefined();
  expect(rates.secondsLeft('b', 20, 100)).toBeUndefined();
  // It was taken back to a checkpoint.
  expect(rates.secondsLeft('a', 5, 100)).toBeUndefined();
});
