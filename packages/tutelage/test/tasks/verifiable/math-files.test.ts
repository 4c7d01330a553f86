import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMathProblems } from '../../../src/tasks/verifiable/math-files.js';
import { sharedData, testFolder, userError } from '../folder.js';

const folder = testFolder();
const lines = (...rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

test("GSM8K's layout", async () => {
  const file = folder.write(
    'gsm.jsonl',
    lines({ question: 'How many?', answer: 'He has 48/2 = <<48/2=24>>24.\nSo 24+48 = 72.\n#### 72' }),
  );
  const { problems, rejected } = await readMathProblems(file);
  expect(problems).toEqual([
    {
      id: 'gsm.jsonl:1',
      input: 'How many?',
      target: { steps: ['He has 48/2 = 24.', 'So 24+48 = 72.'], answer: '72' },
    },
  ]);
  expect(rejected.total).toBe(0);
});

test("MATH's layout", async () => {
  const solution = 'Since $2x = 3$, $x = \\boxed{\\frac{3}{2}}$.';
  const file = folder.write(
    'math.jsonl',
    lines({ problem: 'Find $x$.', solution, type: 'Algebra', level: 'Level 3' }),
  );
  const [problem] = (await readMathProblems(file)).problems;
  expect(problem).toMatchObject({ target: { answer: '\\frac{3}{2}' }, skills: ['Algebra'], difficulty: 3 });
});

test('an answer of its own counts before one in the solution', async () => {
  const file = folder.write('own.csv', 'question,solution,answer\nHow many?,1 + 1 = 2,two\n');
  const [problem] = (await readMathProblems(file)).problems;
  expect(problem!.target).toEqual({ steps: ['1 + 1 = 2'], answer: 'two' });
});

test('rows that can not be used are set aside, and too many stop', async () => {
  const file = folder.write(
    'bad.jsonl',
    lines(
      { question: 'a', answer: '#### 1' },
      { question: '', answer: '#### 1' },
      { question: 'b', answer: 'who knows' },
    ),
  );
  const rejectedPath = join(folder.path, 'rejected.jsonl');
  const { problems, rejected } = await readMathProblems(file, { rejectedPath, maxRejectedShare: 0.9 });
  expect(problems).toHaveLength(1);
  expect([...rejected.byReason]).toEqual([
    ['question is missing', 1],
    ['no final answer in the solution', 1],
  ]);
  expect(readFileSync(rejectedPath, 'utf8').split('\n')[0]).toContain('"row":2');
  expect((await userError(readMathProblems(file))).message).toContain("too many rows can't be used: 2 of 3");
  const other = folder.write('other.csv', 'a,b\n1,2\n');
  expect((await userError(readMathProblems(other))).message).toContain('no column of questions');
});

const gsm8k = sharedData('gsm8k');
test.skipIf(!gsm8k)('all of GSM8K can be read (needs its files)', async () => {
  const { problems, rejected } = await readMathProblems(join(gsm8k!, 'train.jsonl.gz'));
  expect([problems.length, rejected.total]).toEqual([7473, 0]);
  expect(problems.every(({ target }) => target!.steps.length > 0)).toBe(true);
});
