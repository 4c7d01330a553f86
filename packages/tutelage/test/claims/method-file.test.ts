import { expect, test } from 'vitest';
import { z } from 'zod';
import { claimId } from '../../src/claims/define-claim.js';
import { claimsOf, defineMethodFile } from '../../src/claims/method-file.js';
import { defineMethod } from '../../src/core/method.js';
import { toyClaim } from './toy-claim.js';

const method = defineMethod({
  id: 'toy',
  room: 'curricula',
  paper: { card: 0, title: 'Toy', year: 2020 },
  teaches: 'nobody',
  params: z.object({}),
  run: async () => ({ lines: [] }),
});
const told = { method, data: '', cost: '', reading: '', read: async () => undefined };

test('a method may have claims of several experiments', () => {
  const further = [{ claim: toyClaim({ experiment: 'large' }), reading: '' }];
  const file = defineMethodFile({ ...told, claim: toyClaim(), further });
  expect(claimsOf(file).map(claimId)).toEqual(['toy', 'toy-large']);
});

test.each([
  [[{ claim: toyClaim({ method: 'other' }), reading: '' }], "the claim of toy is other's"],
  [[{ claim: toyClaim(), reading: '' }], 'two claims have one name: toy'],
])('claims that could be taken for others are refused', (further, message) => {
  expect(() => defineMethodFile({ ...told, claim: toyClaim(), further })).toThrow(message);
});
