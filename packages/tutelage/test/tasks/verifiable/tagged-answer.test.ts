import { expect, test } from 'vitest';
import { taggedAnswer } from '../../../src/tasks/verifiable/tagged-answer.js';

const tags = { open: '<answer>', close: '</answer>' };

test('the answer between the tags, and all that leads to it', () => {
  expect(taggedAnswer('2 + 2 = 4, so <answer> 4 </answer>.', tags)).toEqual({
    reasoning: '2 + 2 = 4, so <answer>',
    answer: '4',
  });
  expect(taggedAnswer('<answer></answer>', tags)).toEqual({ reasoning: '<answer>', answer: '' });
});

test('tags that are missing or in the wrong order give no answer', () => {
  for (const text of ['', 'so 4', '<answer>4', '4</answer>', '</answer>4<answer>'])
    expect(taggedAnswer(text, tags)).toBe('absent');
});

test('tags that occur twice leave open which answer is meant', () => {
  for (const text of [
    '<answer>3</answer> no, <answer>4</answer>',
    '<answer>the <answer>4</answer>',
    '<answer>4</answer></answer>',
    '</answer> <answer>4</answer>',
  ]) {
    expect(taggedAnswer(text, tags)).toBe('repeated');
  }
});
