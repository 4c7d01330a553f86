import { expect, test } from 'vitest';
import { codeConfusion, tutorAgreement } from '../../src/assessment/tutor-turns.js';
import { tutorbotCodes } from '../../src/tasks/tutor-codes.js';

const codes = (text: string) => {
  const [evaluation, action, state] = text.split(' ') as [string, string, string];
  return { evaluation, action, state };
};
const expert = ['a 1 x', 'a 1 x', 'a 2 y', 'b 3 y'].map(codes);
const given = [codes('a 2 y'), undefined, codes('a 1 x'), codes('b 3 y')];

test('shares of right codes, in which what is no turn is wrong', () => {
  const found = tutorAgreement(expert, given, tutorbotCodes);
  expect(found).toMatchObject({ joint: 0.25, evaluation: 0.75, action: 0.25, state: 0.25, broken: 0.25 });
  expect(found.tells).toBe(0.5);
  expect(found.withholds).toBe(1);
  // a: 2 of 2 answered are right, 2 of 3 found; b: all. Actions 1, 2, 3: 0, 0, 1. States x, y: 0 and 1 of 2 answered and 2 wanted.
  const f1 = [(0.8 + 1) / 2, 1 / 3, (0 + 0.5) / 2];
  expect(found.f1).toBeCloseTo(f1.reduce((a, b) => a + b) / 3, 12);
});

test('nothing is said of what the expert never does', () => {
  const { tells, withholds } = tutorAgreement([codes('b 3 y')], [codes('b 3 y')], tutorbotCodes);
  expect([tells, withholds]).toEqual([undefined, undefined]);
});

test('confusions have a last column for what is no turn', () => {
  const { size, counts } = codeConfusion(expert, given, tutorbotCodes, 'action');
  expect(size).toBe(13);
  expect(counts[0 * size + 1]).toBe(1);
  expect(counts[0 * size + 12]).toBe(1);
  expect(counts[1 * size + 0]).toBe(1);
  expect(counts[2 * size + 2]).toBe(1);
  expect(counts.reduce((a, b) => a + b)).toBe(4);
});
