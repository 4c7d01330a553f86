import { expect, test } from 'vitest';
import { readLoggedAnswers, readSkillItems, readStepScores } from '../../src/tasks/skill-items.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const write = (name: string, rows: readonly object[]) =>
  folder.write(name, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

test('questions are read as GSM8K and MATH write them, with skills as a list or in words', async () => {
  const path = write('items.jsonl', [
    { question: 'How many?', answer: 'Two and two are 4.\n#### 4' },
    { problem: 'Solve.', solution: 'So $x = \\boxed{7}$.', skills: ['algebra', 'roots'], id: 9 },
    { id: 'c', question: 'And?', solution: 'It is 5.', answer: 6, skills: 'adding; carrying' },
  ]);
  const { items } = await readSkillItems(path, { solved: true });
  expect(items).toEqual([
    {
      id: 'items.jsonl:1',
      question: 'How many?',
      solution: 'Two and two are 4.\n#### 4',
      answer: '4',
      skills: [],
    },
    {
      id: '9',
      question: 'Solve.',
      solution: 'So $x = \\boxed{7}$.',
      answer: '7',
      skills: ['algebra', 'roots'],
    },
    { id: 'c', question: 'And?', solution: 'It is 5.', answer: '6', skills: ['adding', 'carrying'] },
  ]);
});

test('lines that can not be used are set aside, with the reason', async () => {
  const many = Array.from({ length: 60 }, (_, i) => ({ question: `q${i}`, solution: 's 1' }));
  const path = write('some.jsonl', [...many, { question: 'Why?' }, { solution: 'so' }]);
  const { items, rejected } = await readSkillItems(path, { solved: true });
  expect(items).toHaveLength(60);
  expect([...rejected.byReason]).toEqual([
    ['solution is missing', 1],
    ['question is missing', 1],
  ]);
  expect((await readSkillItems(path, { solved: false })).items).toHaveLength(61);
});

test('an id that occurs twice, and a file without questions, are refused', async () => {
  const twice = write('twice.jsonl', [
    { id: 'a', question: 'x' },
    { id: 'a', question: 'y' },
  ]);
  expect((await userError(readSkillItems(twice, { solved: false }))).message).toContain('id occurs twice: a');
  const none = folder.write('none.jsonl', '\n');
  expect((await userError(readSkillItems(none, { solved: false }))).message).toContain('no questions');
});

test('logs may hold several answers to a question, and scores one of each step', async () => {
  const log = write('log.jsonl', [
    { id: 1, response: 'two' },
    { id: '1', response: '2', correct: true },
  ]);
  expect((await readLoggedAnswers(log)).get('1')).toEqual([
    { id: '1', response: 'two' },
    { id: '1', response: '2', correct: true },
  ]);
  expect((await readStepScores(write('scores.jsonl', [{ id: 'a', steps: [1, 0.5] }]))).get('a')).toEqual([
    1, 0.5,
  ]);
  const wrong = await userError(readStepScores(write('wrong.jsonl', [{ id: 'a', steps: [2] }])));
  expect(wrong.message).toContain("too many rows can't be used");
});
