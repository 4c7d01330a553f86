import { expect, test } from 'vitest';
import { evenly, plainProse, segmentsOf } from '../../src/tasks/authored-texts.js';

test('prose is without marks, typesetting and names', () => {
  const markdown = [
    '# Title',
    '',
    '## Chapter 1',
    '-------',
    'He met *Mr* Polly, Jane and O’Brien--“at last”… I said I’d go. Then',
    'Polly spoke.',
    '- a list',
    '> quoted',
  ].join('\n');
  expect(plainProse(markdown)).toBe(
    `He met Name Name, Name and Name - "at last"... I said I'd go. Then Name spoke.`,
  );
});

test('pieces have so many words, and what is left may be one', () => {
  expect(segmentsOf('a b c d e', 2)).toEqual(['a b', 'c d']);
  expect(segmentsOf('a b c d e', 2, 1)).toEqual(['a b', 'c d', 'e']);
  expect(segmentsOf('', 2, 1)).toEqual([]);
});

test('some of a list are spread over it', () => {
  expect(evenly([1, 2, 3, 4, 5, 6], 3)).toEqual([1, 3, 5]);
  expect(evenly([1, 2], 3)).toEqual([1, 2]);
});
