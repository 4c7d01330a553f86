import { describe, expect, test } from 'vitest';
import {
  isParsable,
  isRightResponse,
  type PracticeItem,
  questionSet,
  readPracticeItems,
  solutionAgrees,
} from '../../src/tasks/practice-items.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const write = (...rows: readonly object[]) =>
  folder.write('items.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

test.each([
  ['answer', '3/4', 'So it is \\boxed{0.75}.', true],
  ['answer', '12', 'The answer is 13', false],
  ['answer', 'Paris', 'paris', true],
  ['exact', 'B', ' B ', true],
  ['exact', 'B', 'b', false],
  ['pattern', '^(yes|yeah)', 'yeah, sure', true],
  ['pattern', '^(yes|yeah)', 'no', false],
] as const)('%s: %s, said %s', (checker, answer, response, right) => {
  expect(isRightResponse({ checker, answer }, response)).toBe(right);
});

test('a response that holds no final answer can not be judged by value', () => {
  expect(isParsable({ checker: 'answer' }, 'I do not know')).toBe(false);
  expect(isParsable({ checker: 'answer' }, 'it is 4')).toBe(true);
  expect(isParsable({ checker: 'exact' }, ' ')).toBe(false);
});

test.each([
  ['answer', '7', 'Three and four make 7.', true],
  ['answer', '7', 'Three and four make 8.', false],
  ['answer', '7', 'By adding.', true],
  ['answer', '7', undefined, true],
  ['exact', 'bird', 'It has 2 wings.', true],
] as const)('%s: an answer of %s beside the solution %s', (checker, answer, solution, agrees) => {
  expect(solutionAgrees({ checker, answer, ...(solution !== undefined && { solution }) })).toBe(agrees);
});

test('questions are read with the checker of the file or their own', async () => {
  const path = write(
    { question: 'One and one?', answer: 2 },
    { id: 7, question: 'Capital?', answer: 'Rome', checker: 'exact', skill: 'towns', solution: 'Rome' },
  );
  expect(await readPracticeItems(path, 'answer')).toEqual([
    { id: '1', question: 'One and one?', answer: '2', checker: 'answer' },
    { id: '7', question: 'Capital?', answer: 'Rome', checker: 'exact', skill: 'towns', solution: 'Rome' },
  ]);
});

test('case and space make no other question', () => {
  const item = (question: string) => ({ question }) as PracticeItem;
  expect(questionSet([item('A  b')], [item('a B'), item('c')])).toEqual(new Set(['a b', 'c']));
});

describe('refused:', () => {
  test.each([
    [
      'a checker to which silence is right',
      { answer: '.*', checker: 'pattern' },
      'an empty answer counts as right',
    ],
    ['an answer that is only a sign', { answer: '$' }, 'an empty answer counts as right'],
    ['no regular expression', { answer: '(', checker: 'pattern' }, 'answer is no regular expression'],
    ['no answer', {}, 'answer'],
    ['an unknown checker', { answer: '1', checker: 'tests' }, 'checker'],
  ])('%s', async (_, changes, message) => {
    const error = await userError(readPracticeItems(write({ question: 'Why?', ...changes }), 'answer'));
    expect(error.message).toContain(message);
    expect(error.message).toContain('items.jsonl:1');
  });

  test('an id that occurs twice', async () => {
    const row = { id: 'a', question: 'Why?', answer: '1' };
    const error = await userError(readPracticeItems(write(row, row), 'answer'));
    expect(error.message).toContain('id occurs twice: a');
    expect(error.message).toContain('lines 1 and 2');
  });

  test('an empty file', async () => {
    expect((await userError(readPracticeItems(write(), 'answer'))).message).toContain('no questions');
  });
});
