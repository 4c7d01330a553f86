import { expect, test } from 'vitest';
import { ratingKappa } from '../../src/assessment/reliability.js';
import { teachJudge } from '../../src/students/judge.js';
import { bestThreshold } from '../../src/teachers/rubric-student.js';

const subjects = ['the lecture', 'this proof', 'the course', 'that example', 'his voice', 'the pace'];
const rare = ['microphone', 'camera', 'chalk'];
const common = ['clear', 'long', 'helpful', 'dense', 'fun', 'dry', 'quick', 'neat'];
const texts = Array.from({ length: 400 }, (_, i) => {
  const word = i % 20 === 0 ? rare[(i / 20) % 3] : common[(i * 7) % 8];
  return `${subjects[(i * 5) % 6]} is about the ${word} number ${i % 13}`;
});
const answers = texts.map((_, i) => i % 20 === 0);

test('a rare yes is learned, and the same seed learns the same', async () => {
  const lessons = { texts: texts.slice(100), answers: answers.slice(100) };
  const options = { seed: 1, steps: 120, signal: new AbortController().signal };
  const judge = await teachJudge(lessons, options);
  const probabilities = await judge.probabilities(texts.slice(0, 100));
  const said = probabilities.map((p) => p >= 0.5);
  expect(ratingKappa(said, answers.slice(0, 100))).toBe(1);
  const again = await teachJudge(lessons, options);
  expect(await again.probabilities(texts.slice(0, 100))).toEqual(probabilities);
  await judge.dispose();
  await again.dispose();
});

test('the threshold that agrees best, the middle of equals', () => {
  expect(bestThreshold([0.1, 0.3, 0.4, 0.9], [false, false, true, true])).toBeCloseTo(0.4, 5);
  expect(bestThreshold([0.1, 0.2, 0.8, 0.9], [false, false, true, true])).toBeCloseTo(0.55, 5);
});
