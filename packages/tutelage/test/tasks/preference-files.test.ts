import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readPlan, readPrompts } from '../../src/tasks/language-files.js';
import { readPreferencePairs } from '../../src/tasks/preference-pairs.js';
import { readRatedAnswers } from '../../src/tasks/rated-answers.js';
import { sharedData, testFolder, userError } from './folder.js';

const folder = testFolder();
const lines = (...rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

test('pairs with a prompt, and conversations whose last common turn is the prompt', async () => {
  const talk = '\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Why?\n\nAssistant:';
  const file = folder.write(
    'pairs.jsonl',
    `${lines({ prompt: 'p', chosen: 'a', rejected: 'b' }, { chosen: `${talk} Because.`, rejected: `${talk} Because not.` })}\n\n`,
  );
  const { pairs, rejected } = await readPreferencePairs(file);
  expect(pairs).toEqual([
    { prompt: 'p', chosen: 'a', rejected: 'b' },
    { prompt: talk, chosen: ' Because.', rejected: ' Because not.' },
  ]);
  expect(rejected.total).toBe(0);
});

test('pairs that can not be used are set aside with their lines', async () => {
  const rows = [
    { prompt: 'p', chosen: 'a', rejected: 'a' },
    { chosen: 'a', rejected: 'b' },
    { prompt: 'p', chosen: 'a' },
    { prompt: 'p', chosen: 'a', rejected: 'b' },
  ];
  const file = folder.write('bad.jsonl', `${lines(...rows)}\n{`);
  const rejectedPath = join(folder.path, 'rejected.jsonl');
  const { pairs, rejected } = await readPreferencePairs(file, rejectedPath);
  expect(pairs).toHaveLength(1);
  expect([...rejected.byReason.keys()]).toEqual([
    'chosen equals rejected',
    'no prompt, and no common turn of the assistant',
    'rejected: missing',
    'not JSON',
  ]);
  expect(readFileSync(rejectedPath, 'utf8')).toContain('"row":5');
  const none = folder.write('none.jsonl', '{}');
  const error = await userError(readPreferencePairs(none));
  expect([error.message, error.detail]).toEqual([`no pairs: ${none}`, 'row 1: chosen: missing']);
  const empty = folder.write('empty.jsonl', '');
  expect((await userError(readPreferencePairs(empty))).detail).toBe('the file is empty');
});

const shared = sharedData('hh-rlhf-sample');
test.skipIf(!shared)('the sample of HH-RLHF can be read (needs its files)', async () => {
  const { pairs, rejected } = await readPreferencePairs(join(shared!, 'harmless_base_test_sample.jsonl.gz'));
  expect(pairs.length).toBeGreaterThan(700);
  expect(rejected.total).toBeLessThan(20);
  expect(pairs.every(({ prompt }) => prompt.endsWith('\n\nAssistant:'))).toBe(true);
});

test('rated answers of one line each, or of several, are put together by prompt', async () => {
  const whole = {
    prompt: 'p',
    responses: [
      { text: 'a', rating: 1 },
      { text: 'b', rating: 2 },
      { text: 'c', rating: 3 },
    ],
  };
  const single = [1, 2, 2].map((rating, i) => ({ prompt: 'q', response: `answer ${i}`, rating }));
  const file = folder.write(
    'rated.jsonl',
    lines(whole, ...single, { prompt: 'r', response: 'x', rating: 'good' }),
  );
  const { prompts, rejected } = await readRatedAnswers(file, 3);
  expect(prompts).toEqual([{ prompt: 'p', answers: whole.responses }]);
  expect([...rejected.byReason]).toEqual([
    ['rating: rating is not a number', 1],
    ['fewer than 3 different ratings', 1],
  ]);
  expect((await readRatedAnswers(file, 2)).prompts).toHaveLength(2);
  expect((await userError(readRatedAnswers(file, 4))).message).toContain(
    'no prompt with 4 different ratings',
  );
});

test('prompts come from tables and from plain text', async () => {
  const table = folder.write('prompts.csv', 'question,answer\nWhy?,Because\n,x\nHow?,\n');
  expect(await readPrompts(table)).toEqual({
    rows: [{ prompt: 'Why?', answer: 'Because' }, { prompt: 'How?' }],
    skipped: 1,
  });
  const other = folder.write('other.csv', 'a,b\n1,2\n');
  expect((await userError(readPrompts(other))).message).toContain('no column of prompts');
});

test('a plan names files from its own folder, and tells what is missing', async () => {
  const file = folder.write('plan.json', '{"model":"m"}');
  const { plan, at } = await readPlan(file, z.object({ model: z.string() }));
  expect(at(plan.model)).toBe(join(folder.path, 'm'));
  expect((await userError(readPlan(file, z.object({ ratings: z.string() })))).message).toContain('ratings');
});
