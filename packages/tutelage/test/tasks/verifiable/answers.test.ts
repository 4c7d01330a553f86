import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { finalAnswer, sameAnswer } from '../../../src/tasks/verifiable/answers.js';
import { numberOf } from '../../../src/tasks/verifiable/latex-number.js';
import { sharedData } from '../folder.js';

describe('a number as it is written', () => {
  test.each([
    ['42', 42],
    ['-3.50', -3.5],
    ['.5', 0.5],
    ['1,234,567', 1234567],
    ['3/4', 0.75],
    ['\\frac{3}{4}', 0.75],
    ['\\dfrac12', 0.5],
    ['\\frac1{12}', 1 / 12],
    ['-\\frac{1}{2}', -0.5],
    ['1\\frac{1}{2}', 1.5],
    ['-2\\frac{1}{4}', -2.25],
    ['\\sqrt{16}', 4],
    ['2\\sqrt{3}', 2 * Math.sqrt(3)],
    ['\\frac{\\sqrt{2}}{2}', Math.SQRT1_2],
    ['2^{10}', 1024],
    ['10^{-2}', 0.01],
    ['-2^2', -4],
    ['3\\pi', 3 * Math.PI],
    ['3 \\cdot 10^5', 300000],
    ['(1+2)\\times 3 - 4', 5],
    ['6 ÷ 2', 3],
  ])('%s', (text, value) => {
    expect(numberOf(text)).toBeCloseTo(value, 9);
  });

  test.each(['', 'x', '2x', 'twelve', '(1', '1 2', '\\frac{1}', '1/0', '()', '('.repeat(300)])(
    '%s is none',
    (text) => {
      expect(numberOf(text)).toBeUndefined();
    },
  );
});

describe('the final answer', () => {
  test.each([
    ['so \\boxed{\\frac{1}{2}} and \\boxed{x^{2}}', 'x^{2}'],
    ['5 + 3 = 8\n#### 8', '8'],
    ['#### 1,000\nmore', '1,000'],
    ['The answer is 12.', '12'],
    ['First answer: 3. Final answer: 4 apples', '4 apples'],
    ['3 + 4 = 7, so he pays $7', '$7'],
    ['it costs $1,250.50', '$1,250.50'],
    ['half: 1/2', '1/2'],
  ])('%s', (solution, answer) => {
    expect(finalAnswer(solution)).toBe(answer);
  });

  test('is missing where nothing like it is said, or a box is not closed', () => {
    expect(finalAnswer('I do not know')).toBeUndefined();
    expect(finalAnswer('\\boxed{1')).toBe('1');
  });
});

describe('answers', () => {
  test.each([
    ['8', '8.0'],
    ['$1,000', '1000'],
    ['50\\%', '50'],
    ['0.5', '\\frac{1}{2}'],
    ['12 apples', '12'],
    ['12', '12\\text{ cm}^2'],
    ['30^\\circ', '30'],
    ['x = 5', '5'],
    ['(1, 2)', '(1,\\, 2.0)'],
    ['\\left(\\frac12, 3\\right)', '(0.5,3)'],
    ['\\text{Tuesday}', 'tuesday'],
    ['2\\sqrt{3}', '2\\sqrt 3'],
    ['x^2 + 1', 'x^2+1'],
    ['\\$18.', '18'],
    ['1, 2, 3', '1,2,3'],
  ])('%s is %s', (found, expected) => {
    expect(sameAnswer(found, expected)).toBe(true);
  });

  test.each([
    ['8', '9'],
    ['8', '80'],
    ['1', '1.001'],
    ['(1,2)', '[1,2]'],
    ['(1,2)', '(2,1)'],
    ['(1,2)', '(1,2,3)'],
    ['x', 'y'],
    ['apples 12', '12'],
    ['', '0'],
    ['12 or 13', '12'],
  ])('%s is not %s', (found, expected) => {
    expect(sameAnswer(found, expected)).toBe(false);
  });
});

const folder = sharedData('gsm8k');
const file = folder && join(folder, 'train.jsonl.gz');
test.skipIf(!file || !existsSync(file))(
  'the answers of GSM8K are numbers that equal themselves and no other (needs its file)',
  () => {
    const lines = gunzipSync(readFileSync(file!)).toString().trim().split('\n').slice(0, 2000);
    for (const line of lines) {
      const answer = finalAnswer((JSON.parse(line) as { answer: string }).answer)!;
      const value = numberOf(answer)!;
      expect(value, line).toBeDefined();
      expect(sameAnswer(`$${value}`, answer)).toBe(true);
      expect(sameAnswer(String(value + 1), answer)).toBe(false);
    }
  },
);
