import { expect, test } from 'vitest';
import { isRight, readCheckedQuestions, readSolutions } from '../../src/tasks/checked-questions.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const lines = (name: string, ...rows: readonly unknown[]) =>
  folder.write(name, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));

test('questions with ids or numbered by line, and how their answers are checked', async () => {
  const path = lines('questions.jsonl', { id: 7, question: 'How much?', answer: 1000 }, '', {
    question: 'Which word?',
    answer: 'A b',
    checker: 'exact',
  });
  const [number, word] = await readCheckedQuestions(path);
  expect([number!.id, word!.id]).toEqual(['7', '3']);
  expect(isRight(number!, '1,000')).toBe(true);
  expect(isRight(number!, '100')).toBe(false);
  expect(isRight(word!, ' A b')).toBe(true);
  expect(isRight(word!, 'a b')).toBe(false);
});

test('a line that is no question is told with its place', async () => {
  const message = async (...rows: unknown[]) =>
    (await userError(readCheckedQuestions(lines('wrong.jsonl', ...rows)))).message.replace(folder.path, '');
  const good = { id: 'a', question: 'Q', answer: '1' };
  expect(await message(good, { question: 'Q' })).toContain('not a question: /wrong.jsonl:2: answer');
  expect(await message('{"question"')).toContain('not a question: /wrong.jsonl:1: not JSON');
  expect(await message({ ...good, checker: 'guess' })).toContain('wrong.jsonl:1: checker');
  expect(await message(good, good)).toBe('id occurs twice: a, /wrong.jsonl, lines 1 and 2');
  expect(await message()).toBe('no questions: /wrong.jsonl');
});

test('solutions are of known questions', async () => {
  const questions = await readCheckedQuestions(lines('q.jsonl', { id: 1, question: 'Q', answer: '1' }));
  const own = { question: 1, source: 'big', text: 'so 1' };
  expect(await readSolutions(lines('s.jsonl', own), questions)).toEqual([{ ...own, question: '1' }]);
  const unknown = await userError(readSolutions(lines('s.jsonl', own, { ...own, question: 'x' }), questions));
  expect(unknown.message).toBe(`no such question: x, ${folder.path}/s.jsonl:2`);
  const empty = await userError(readSolutions(lines('s.jsonl', { ...own, text: ' ' }), questions));
  expect(empty.message).toContain('s.jsonl:1: text');
});
