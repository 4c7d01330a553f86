import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCausalModel, saveCausalModel } from '../../../src/language/causal-model.js';
import { trainWordLevel } from '../../../src/language/tokenizer/train.js';
import { ampo } from '../../../src/methods/reasoning/ampo.js';
import { testFolder, userError } from '../../tasks/folder.js';
import { tinyCausalModel } from '../../tiny-causal-model.js';
import { teach } from '../taught.js';

const folder = testFolder();
const tokenizer = trainWordLevel(['double 0 1 2 3 4 5 6 7 8 9 10 plus is [ ] x'], { vocabulary: 30 });
const tags = { open: '[', close: ']' };

beforeAll(async () => {
  await saveCausalModel(tinyCausalModel(tokenizer, 2), join(folder.path, 'student'));
  const jsonl = (name: string, rows: readonly object[]) =>
    folder.write(name, rows.map((row) => JSON.stringify(row)).join('\n'));
  const questions = Array.from({ length: 6 }, (_, n) => ({ id: n, question: `double ${n}`, answer: 2 * n }));
  jsonl('questions.jsonl', questions);
  const right = questions.slice(0, 5).flatMap(({ id, answer }) => [
    { question: id, source: 'long', text: `${id} plus ${id} is [ ${answer} ]` },
    { question: id, source: 'short', text: `[ ${answer} ]` },
  ]);
  jsonl('solutions.jsonl', [
    ...right,
    { question: 0, source: 'long', text: '[ 9 ]' },
    { question: 0, source: 'long', text: 'it is 0' },
    { question: 1, source: 'long', text: '[ x [ 2 ]' },
    { question: 1, source: 'long', text: `${'x '.repeat(20)} [ 2 ]` },
  ]);
});

const plan = (changes: object = {}) =>
  folder.write(
    'plan.json',
    JSON.stringify({
      student: 'student',
      questions: 'questions.jsonl',
      solutions: 'solutions.jsonl',
      tags,
      ...changes,
    }),
  );
const settings = {
  steps: 6,
  questionsAStep: 3,
  groupSize: 4,
  maxTokens: 10,
  heldOut: 0,
  learningRate: 0.01,
};
interface Report {
  used: Record<string, number>;
  neverUnderstood: object[];
  unguided: string[];
  dropped: object;
  unplaceable: string[];
}

test('own questions and solutions: a student, what helped it, and what was left out', async () => {
  const out = join(folder.path, 'out');
  const { lines, said } = await teach('ampo', plan(), { ...settings, heldOut: 0.34, baselines: true }, out);
  expect(lines.map((line) => line.split(':')[0])).toEqual([
    'student',
    'ampo',
    'solutions used',
    'solutions never understood',
    'curves',
    'rewards alone',
    'random',
    'student and report',
  ]);
  expect((await openCausalModel(join(out, 'ampo', 'student'))).config.width).toBe(16);
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report;
  expect(report.dropped).toEqual({
    'wrong answer': 1,
    'no answer between the tags': 1,
    'more than one answer between tags': 1,
    'longer than 10 tokens': 1,
  });
  expect(report.unplaceable).toEqual(['1']);
  // An untrained student solves nothing: every question with solutions is helped with, in every step.
  const used = Object.values(report.used).reduce((a, b) => a + b, 0);
  expect(used).toBeGreaterThan(15);
  expect(said).toContain('1 solutions left out: wrong answer');
  const curves = readFileSync(join(out, 'ampo', 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  expect(curves).toHaveLength(6);
  expect(Object.keys(JSON.parse(curves[0]!) as object)).toEqual(
    expect.arrayContaining([
      'success',
      'all failed',
      'guided',
      'entropy',
      'answer length',
      'guided by short',
    ]),
  );
});

test('without solutions nothing is learned from failures, which is said', async () => {
  folder.write('one.jsonl', JSON.stringify({ question: 0, source: 'a', text: 'no tags' }));
  const out = join(folder.path, 'silent');
  const { said } = await teach(
    'ampo',
    plan({ solutions: 'one.jsonl' }),
    { ...settings, steps: 25, formatWeight: 0 },
    out,
  );
  expect(said).toContain('6 questions have no solution, and are learned by rewards alone');
  expect(said.filter((line) => line.includes('no signal'))).toHaveLength(1);
  const { unguided } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report;
  expect([...unguided].sort()).toEqual(['0', '1', '2', '3', '4', '5']);
});

test('a stopped training goes on where it was, and not with other settings', async () => {
  const out = join(folder.path, 'stopped');
  const stop = new AbortController();
  stop.abort();
  const first = await teach('ampo', plan(), settings, out, stop.signal);
  expect(first.lines.at(-1)).toContain('stopped');
  const { lines } = await teach('ampo', plan(), settings, out);
  expect(lines.at(-1)).toContain('student and report');
  const other = await userError(teach('ampo', plan(), { ...settings, guides: 1 }, out));
  expect(other.message).toContain('this run is of other data or parameters');
});

test('what can not be used is told', async () => {
  const read = async (changes: object) => (await userError(ampo.read(plan(changes)))).message;
  expect(await read({ tags: undefined })).toContain('no answer tags');
  expect(await read({ tags: { open: '|', close: '|' } })).toContain('the answer tags are the same: |');
  expect(await read({ solutions: undefined })).toContain('no teachers');
  expect(await read({ prompt: 'solve' })).toContain('has no {question} in it');
  expect(await read({ student: 'nothing' })).toContain('no such file or folder');
  const taught = async (changes: object) =>
    (await userError(teach('ampo', plan(), { ...settings, ...changes }, join(folder.path, 'wrong')))).message;
  expect(await taught({ questionsAStep: 7 })).toBe('too few questions: 6 to learn from');
  expect(await taught({ maxTokens: 63 })).toContain('too long for the student: question 0, 2 tokens');
  expect(ampo.method.params.safeParse({ groupSize: 1 }).error!.issues[0]!.message).toContain(
    'a group needs two answers',
  );
});

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => {
    body += part;
  });
  request.on('end', () => {
    const { messages } = JSON.parse(body) as { messages: { content: string }[] };
    const [, n] = /double (\d+)/.exec(messages.at(-1)!.content)!;
    const content = `${n} plus ${n} is [ ${2 * Number(n)} ]`;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        id: 'x',
        object: 'chat.completion',
        created: 0,
        model: 'm',
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      }),
    );
  });
});
afterAll(() => server.close());

test('teachers behind an endpoint write the solutions', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const teachers = [`llm:m@http://127.0.0.1:${port}/v1`];
  const { lines } = await teach(
    'ampo',
    plan({ teachers, solutions: undefined }),
    { ...settings, steps: 2 },
    join(folder.path, 'asked'),
  );
  expect(lines.find((line) => line.startsWith('solutions used'))).toMatch(/m at \S+ \d+/);
});
