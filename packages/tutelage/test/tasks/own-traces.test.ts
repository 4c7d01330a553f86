import { describe, expect, test } from 'vitest';
import { readOwnTraces, type TraceRow, tracesOf } from '../../src/tasks/own-traces.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const file = (...rows: readonly unknown[]) =>
  folder.write(
    'traces.jsonl',
    rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'),
  );
const row = {
  prompt: 'start 1 goal 3',
  steps: [
    { kind: 'create', tokens: ['x1', { text: 'c0', drop_group: 'cost' }] },
    { kind: 'close', text: 'x1', drop_group: 'closed' },
  ],
  answer: ' 1 2 3 ',
} satisfies TraceRow;

test('steps have groups of their own, and parts too', async () => {
  const { traces } = await readOwnTraces(file(row, '', { ...row, split: 'test', difficulty: 7 }));
  expect(traces[0]).toEqual({
    prompt: 'start 1 goal 3',
    steps: [
      { kind: 'create', group: 'create', parts: [{ content: 'x1' }, { group: 'cost', content: 'c0' }] },
      { kind: 'close', group: 'closed', parts: [{ content: 'x1' }] },
    ],
    answer: '1 2 3',
    split: undefined,
    difficulty: 2,
  });
  expect(traces[1]).toMatchObject({ split: 'test', difficulty: 7 });
});

test('free text is cut into sentences', () => {
  const { traces } = tracesOf([{ ...row, steps: 'Three apples cost 1.50 each. So all cost 4.50!  Done.' }]);
  expect(traces[0]!.steps.map(({ group, parts }) => [group, parts[0]!.content])).toEqual([
    ['step', 'Three apples cost 1.50 each.'],
    ['step', 'So all cost 4.50!'],
    ['step', 'Done.'],
  ]);
});

test('the rows of a solver are as those of a file', async () => {
  const [own, read] = [tracesOf([row]), await readOwnTraces(file(row))];
  expect(own).toEqual(read);
  expect(tracesOf([{ ...row, answer: '2' }]).hash).not.toBe(own.hash);
});

describe('what can not be used is told with its line', () => {
  test.each([
    [[row, { ...row, answer: undefined }], 'line 2: answer is missing'],
    [[row, row, { ...row, answer: ' ' }], 'line 3: answer is empty'],
    [['{"prompt": '], 'line 1: not JSON'],
    [[{ ...row, prompt: undefined }], 'line 1: prompt is missing'],
    [[{ ...row, steps: 3 }], 'line 1: steps must be a text, or a list'],
    [[{ ...row, steps: [{ kind: 'create' }] }], 'line 1: steps'],
    [[{ ...row, steps: [{ kind: 'answer', text: 'x' }] }], 'line 1: a step\'s kind can\'t be "answer"'],
  ])('%#', async (rows, problem) => {
    expect((await userError(readOwnTraces(file(...rows)))).message).toContain(problem);
  });

  test('and nothing at all too', async () => {
    expect((await userError(readOwnTraces(file('')))).message).toBe('no traces: the data is empty');
  });
});
