import { expect, test } from 'vitest';
import { didYouMean, editDistance } from '../../src/core/near-names.js';

test.each([
  ['', '', 0],
  ['abc', '', 3],
  ['kitten', 'sitting', 3],
  ['distil', 'distill', 1],
  ['resmue', 'resume', 1],
])('%s to %s takes %i', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test('the nearest name is offered, and none when none is near', () => {
  const names = ['distill', 'resume', 'report', 'runs'];
  expect(didYouMean('reprot', names)).toBe('did you mean report?');
  expect(didYouMean('Runs', names)).toBe('did you mean runs?');
  expect(didYouMean('frobnicate', names)).toBeUndefined();
});
