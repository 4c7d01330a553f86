import { expect, test } from 'vitest';
import { epochsFor } from '../../src/students/epochs.js';

test('few examples are gone through more often, within limits', () => {
  const steps = { batchSize: 32, steps: 1000, least: 4, most: 50 };
  expect([10, 640, 6400, 6399, 100_000].map((examples) => epochsFor(examples, steps))).toEqual([
    50, 50, 5, 6, 4,
  ]);
});
