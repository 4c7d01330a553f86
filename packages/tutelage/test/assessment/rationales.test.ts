import { describe, expect, test } from 'vitest';
import { answerAgreement, equationsHold, rationaleFidelity } from '../../src/assessment/rationales.js';

describe('rationales', () => {
  const texts = ['The cat sat on the mat.', '2 + 3 = 5'];

  test('are the same but for case and space, or share words in a row', () => {
    const same = rationaleFidelity(texts, ['the cat  sat on the mat .', '2+3=5']);
    expect(same).toMatchObject({ exact: 1, bleu: 1, edits: 0 });
    expect(same.shuffledBleu).toBeLessThan(0.1);
  });

  test('BLEU is that of its definition', () => {
    // Of five words four are right; of two, three and four in a row 2 of 4, 1 of 3 and none of 2, each with 1 added to both.
    const precisions = [4 / 5, 3 / 5, 2 / 4, 1 / 3];
    const expected = Math.exp(precisions.reduce((sum, p) => sum + Math.log(p) / 4, 0));
    expect(rationaleFidelity(['a b c x e'], ['a b c d e']).bleu).toBeCloseTo(expected, 12);
    // A word less is a penalty of exp(1 - 5 / 4).
    const short = Math.exp(1 - 5 / 4);
    expect(rationaleFidelity(['a b c d'], ['a b c d e']).bleu).toBeCloseTo(short, 12);
    expect(rationaleFidelity([''], ['a']).bleu).toBe(0);
  });

  test('words count once for each time that they are wanted', () => {
    expect(rationaleFidelity(['the the the'], ['the cat sat']).bleu).toBeCloseTo(
      Math.exp((Math.log(1 / 3) + Math.log(1 / 3) + Math.log(1 / 2) + Math.log(1)) / 4),
      12,
    );
  });

  test('edits are words put in, taken out or changed', () => {
    expect(rationaleFidelity(['a b c'], ['a x c d']).edits).toBe(0.5);
    expect(rationaleFidelity(['a'], ['']).edits).toBe(1);
  });
});

test('agreement on wrong answers is told apart', () => {
  const found = answerAgreement([
    { right: true, teacherRight: true, same: true },
    { right: false, teacherRight: false, same: true },
    { right: false, teacherRight: false, same: false },
    { right: true, teacherRight: false, same: false },
  ]);
  expect(found).toEqual({ same: 0.5, bothRight: 0.25, bothWrongSame: 0.25, bothWrongOtherwise: 0.25 });
});

test.each([
  ['3 + 4 = 7, so 7 x 2 = 14', true],
  ['3 + 4 = 8', false],
  ['1,200 / 7 = 171.43', true],
  ['5 - 9 = -4; 2 * 2 = 5', false],
  ['nothing to add', undefined],
])('%s: %s', (text, holds) => {
  expect(equationsHold(text)).toBe(holds);
});
