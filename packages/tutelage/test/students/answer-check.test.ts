import { afterAll, expect, test } from 'vitest';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { checkAnswers, checkLine, type Judged, rewarded } from '../../src/students/answer-check.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const tokenizer = trainWordLevel(['a b c d e f g h'], { vocabulary: 14 });
const model = tinyCausalModel(tokenizer, 5);
const heard: (readonly number[])[] = [];
/** Right where the first token is of even number, well-formed always. */
const question = (prompt: string): Judged => ({
  prompt: tokenizer.encodePlain(prompt),
  judge(answer) {
    heard.push(answer);
    return { right: answer[0]! % 2 === 0, formed: true };
  },
});
const questions = ['a b', 'c', 'd e f'].map(question);
const options = { samples: 12, maxTokens: 3, together: 5, seed: 1, threads: 1 };
afterAll(() => expect(heard.every((answer) => answer.length <= 3)).toBe(true));

test('shares of right answers, likeliest and drawn', async () => {
  const found = await checkAnswers(model, questions, options);
  expect(found.drawn.map((group) => group.length)).toEqual([12, 12, 12]);
  const flags = found.drawn.map((group) => group.map(({ right }) => right));
  expect(found.sampled).toBeCloseTo(flags.flat().filter(Boolean).length / 36, 6);
  expect(found.sampled).toBeGreaterThan(0.15);
  expect(found.sampled).toBeLessThan(0.85);
  expect(found.passed).toBe(flags.filter((group) => group.includes(true)).length / 3);
  expect(found.formed).toBe(1);
  // Not all draws are one draw.
  expect(new Set(found.drawn.flat().map(({ tokens }) => tokens.join())).size).toBeGreaterThan(10);
  expect(await checkAnswers(model, questions, options)).toEqual(found);
  expect(checkLine(found, 12)).toMatch(/ of 3 held-out questions right, .* in one of 12 tries; 100\.0/);
});

test('without samples only the likeliest answers are looked at', async () => {
  const { drawn, passed, sampled } = await checkAnswers(model, questions, { ...options, samples: 0 });
  expect([drawn, passed, sampled]).toEqual([[[], [], []], 0, 0]);
});

test('an answer is worth its being right, and a little its form', () => {
  const judged = (right: boolean, formed: boolean): Judged => ({
    prompt: [1],
    judge: () => ({ right, formed }),
  });
  expect(rewarded(judged(true, true), 0.1).reward([])).toBe(1);
  expect(rewarded(judged(false, true), 0.1).reward([])).toBeCloseTo(0.1, 9);
  expect(rewarded(judged(false, false), 0.1).reward([])).toBe(0);
});
