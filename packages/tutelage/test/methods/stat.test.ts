import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCausalModel, saveCausalModel } from '../../src/language/causal-model.js';
import { trainByteBpe } from '../../src/language/tokenizer/train.js';
import { type FakeServer, startFakeServer } from '../language/endpoint/fake-server.js';
import { testFolder, userError } from '../tasks/folder.js';
import { tinyCausalModel } from '../tiny-causal-model.js';
import { teach } from './taught.js';

const folder = testFolder();
const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const read = (path: string) => readFileSync(path, 'utf8');
const rowsOf = (path: string) =>
  read(path)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const operations = { plus: 'addition', minus: 'subtraction', times: 'multiplication' } as const;
type Word = keyof typeof operations;
const results = {
  plus: (a: number, b: number) => a + b,
  minus: (a: number, b: number) => a - b,
  times: (a: number, b: number) => a * b,
};
const item = (id: string, word: Word, a: number, b: number) => {
  const answer = String(results[word](a, b));
  return { id, question: `What is ${a} ${word} ${b}?`, solution: `It is ${answer}. #### ${answer}`, answer };
};
const words: readonly Word[] = ['plus', 'minus', 'times'];

const pool = Array.from({ length: 60 }, (_, i) => item(`p${i}`, words[i % 3]!, 2 + (i % 7), 3 + (i % 5)));
const probe = Array.from({ length: 70 }, (_, i) =>
  item(`q${i}`, i < 40 ? 'times' : words[i % 2]!, 20 + i, 11 + (i % 4)),
);
/** Fails all of multiplication, and nothing else. */
const answers = probe.map(({ id, question, answer }) => ({
  id,
  response: question.includes('times') ? 'I think 0' : `It is ${answer}`,
}));
folder.write('pool.jsonl', lines([...pool, { ...probe[3]!, id: 'leak' }]));
folder.write('probe.jsonl', lines(probe));
folder.write('answers.jsonl', lines(answers));
const plan = (changes: object, name = 'plan.json') =>
  folder.write(
    name,
    JSON.stringify({ pool: 'pool.jsonl', probe: 'probe.jsonl', answers: 'answers.jsonl', ...changes }),
  );

const wordIn = (text: string) => words.find((word) => text.includes(` ${word} `)) ?? 'plus';
let server: FakeServer;
let system = '';
let asked = '';
const solved = new Map<string, number>();
beforeAll(async () => {
  server = await startFakeServer({
    fault(_, __, { messages }) {
      system = messages[0]!.content;
      asked = messages[1]?.content ?? '';
      return 'ok';
    },
    answer() {
      if (!asked) return 'I do not know.';
      const skill = operations[wordIn(asked)];
      if (system.includes('Name the one')) return `["${skill}", "${skill} of numbers"]`;
      if (system.includes('Merge')) return '```json\n["addition", "subtraction", "multiplication"]\n```';
      if (system.includes('Which of these skills does')) {
        if (asked === pool[0]!.question) return 'No idea.';
        if (asked === pool[3]!.question) return '["juggling"]';
        return asked === pool[6]!.question ? '["additoin"]' : `["${skill}"]`;
      }
      if (system.includes('A student answered')) return asked.includes('What is 20 ') ? '[]' : `["${skill}"]`;
      if (system.includes('Write 2')) return '["What is 8 times 9?", "What is 9 times 9?"]';
      const nth = solved.get(asked) ?? 0;
      solved.set(asked, nth + 1);
      // One question gets another answer each time.
      return asked.includes('9 times 9') ? `\\boxed{${nth}}` : 'So it is \\boxed{72}.';
    },
  });
});
afterAll(() => server.close());
const run = (path: string, settings: object, out: string, signal?: AbortSignal) =>
  teach(
    'stat',
    path,
    { teacher: `llm:teacher@${server.url}`, ...settings },
    join(folder.path, out),
    ...(signal ? [signal] : []),
  );

describe('a person of whom there is a log', () => {
  test('gets a profile, exercises and a training set that says why', async () => {
    folder.write('later.jsonl', lines(probe.map(({ id }) => ({ id, response: '', correct: true }))));
    const { lines: told, said } = await run(plan({ after: 'later.jsonl' }), { skills: 3 }, 'person');
    const out = (name: string) => join(folder.path, 'person', name);
    expect(said).toContain('warning: 1 questions of the pool are in the probe or the test, and are removed');
    expect(JSON.parse(read(out('skills.json')))).toEqual(['addition', 'subtraction', 'multiplication']);
    expect(told[0]).toBe('40 of 70 questions are difficult, by answers; missing most often:');
    expect(told[1]).toBe('  multiplication: missed in 39, needed in 40 (98 %)');
    expect(told).toContain('1 mistakes missed no skill');
    expect(told).toContain('1 unknown names of skills were taken for the nearest');
    expect(told).toContain('1 unknown names of skills were dropped');
    expect(told).toContain('1 answers of the teacher were no JSON twice, and left out');
    expect(told).toContain('before: 42.9 % right of 70 (31.9–54.5)');
    expect(told).toContain('after: 100.0 % right of 70 (94.8–100.0)');
    expect(rowsOf(out('pool.jsonl'))).toHaveLength(60);
    expect(rowsOf(out('pool.jsonl'))[6].skills).toEqual(['addition']);
    const training = rowsOf(out('training.jsonl'));
    expect(training).toHaveLength(5 * 39);
    for (const row of training) {
      expect(row.question).toContain('times');
      expect(row).toMatchObject({ origin: 'pool', because: { skill: 'multiplication' } });
      expect(row.because.question).toMatch(/^q\d+$/);
    }
    expect(read(out('profile.csv'))).toBe('skill,missed,needed,rate\nmultiplication,39,40,0.975\n');
    expect(read(out('profile.md'))).toContain('answered: I think 0');
    expect(rowsOf(out('mistakes.jsonl'))).toHaveLength(40);
    expect(rowsOf(out('mistakes.jsonl'))[1]).toEqual({
      id: 'q1',
      question: probe[1]!.question,
      response: 'I think 0',
      missing: ['multiplication'],
    });
    expect(read(out('profile.svg'))).toContain('multiplication: 39 of 40');
    expect(read(out('plan.md'))).toMatch(/## multiplication \(missed in 39 of 40\)\n\n1\. What is .* times/);
    expect(read(out('before-after.csv'))).toContain('multiplication,40,0.000,1.000');
  });

  test('asks nothing twice', async () => {
    const before = server.calls.length;
    await run(plan({ after: 'later.jsonl' }), { skills: 3 }, 'person');
    expect(server.calls.length).toBe(before);
  });

  test('gets new questions whose solutions agree', async () => {
    const skills = folder.write('skills.json', '["addition", "subtraction", "multiplication", "division"]');
    const { lines: told } = await run(plan({ skills }), { mode: 'write', total: 50 }, 'written');
    const training = rowsOf(join(folder.path, 'written', 'training.jsonl'));
    expect(training).toHaveLength(50);
    expect(training[0]).toMatchObject({
      question: 'What is 8 times 9?',
      origin: 'written',
      because: { skill: 'multiplication' },
    });
    expect(training[0].models).toHaveLength(3);
    expect(told.join('\n')).toMatch(/\d+ new questions were dropped: their solutions did not agree/);
  });

  test('is told what the pool has no example of', async () => {
    folder.write('sums.jsonl', lines(pool.filter(({ question }) => question.includes('plus'))));
    const skills = ['addition', 'subtraction', 'multiplication'];
    folder.write('three.json', JSON.stringify(skills));
    const path = plan({ pool: 'sums.jsonl', skills: 'three.json' }, 'sums.json');
    const { lines: told } = await run(path, {}, 'sums');
    expect(told).toContain('no question of the pool has: multiplication');
    const { lines: wrote } = await run(path, { mode: 'write' }, 'sums');
    expect(wrote).toContain('no question of the pool has: multiplication');
    expect(rowsOf(join(folder.path, 'sums', 'training.jsonl')).length).toBeGreaterThan(30);
  });
});

test('a model that can only be asked gets a training set', async () => {
  const path = plan(
    { answers: undefined, student: `llm:student@${server.url}`, skills: 'three.json' },
    'asked.json',
  );
  folder.write('three.json', '["addition", "subtraction", "multiplication"]');
  const agreeing = { samples: 2, difficulty: 'consistency', agreeing: 1 };
  const error = await userError(run(path, agreeing, 'asked'));
  expect(error.message).toBe('profile too small: 0 difficult questions of 70');
  const { lines: wrong } = await run(path, {}, 'asked');
  expect(wrong[0]).toContain('70 of 70 questions are difficult, by answers');
  expect(wrong).toContain('before: 0.0 % right of 70 (0.0–5.2)');
  expect(existsSync(join(folder.path, 'asked', 'plan.md'))).toBe(true);
});

describe('calls of the teacher', () => {
  test('are estimated without any', async () => {
    const before = server.calls.length;
    const { lines: told } = await run(plan({}), { dryRun: true, maxCalls: 10, mode: 'write' }, 'dry');
    expect(told).toEqual([
      'catalogue of skills: about 61 calls',
      'labels: about 130 calls',
      'missing skills: about 35 calls',
      'new questions and solutions: about 616 calls',
      'in all: about 842 calls, none of which was made; the cap is 10',
    ]);
    expect(server.calls.length).toBe(before);
  });

  test('are capped', async () => {
    const tagged = (rows: readonly { question: string }[]) =>
      lines(rows.map((row) => ({ ...row, skills: operations[wordIn(row.question)] })));
    folder.write('tagged-pool.jsonl', tagged(pool));
    folder.write('tagged-probe.jsonl', tagged(probe));
    const path = plan({ pool: 'tagged-pool.jsonl', probe: 'tagged-probe.jsonl' }, 'tagged.json');
    const before = server.calls.length;
    const { lines: told } = await run(path, { maxCalls: 12 }, 'capped');
    expect(server.calls.length - before).toBe(12);
    expect(told).toContain('28 calls were not made: over the cap');
    expect(told).toContain('12 calls of the teacher');
  });
});

describe('a model', () => {
  const tokenizer = trainByteBpe(
    pool.map(({ question, solution }) => `${question}\n${solution}`),
    { vocabulary: 290 },
  );
  const model = tinyCausalModel(tokenizer, 1, { positions: 96 });
  const settings = { maxTokens: 16, passes: 1, batchSize: 32, total: 60, learningRate: 1e-3, heldOut: 0.2 };
  beforeAll(() => saveCausalModel(model, join(folder.path, 'model')));
  const path = () => plan({ answers: undefined, student: 'model', skills: 'three.json' }, 'model.json');

  test('is asked, taught and tested against as much teaching at random', async () => {
    folder.write('three.json', '["addition", "subtraction", "multiplication"]');
    const { lines: told, said } = await run(path(), settings, 'taught');
    const out = (name: string) => join(folder.path, 'taught', name);
    expect(told[0]).toBe('56 of 56 questions are difficult, by answers; missing most often:');
    expect(rowsOf(out('training.jsonl'))).toHaveLength(60);
    expect(read(out('before-after.csv')).split('\n')[0]).toBe(
      'skill,questions,before,taught what is missing,taught as much at random',
    );
    expect(said.some((line) => line.startsWith('14 of 14 questions are answered'))).toBe(true);
    const student = await openCausalModel(out('student'));
    expect(student.config.width).toBe(16);
    expect(student.params.model.norm.weight.data).not.toEqual(new Float32Array(16).fill(1));
  });

  test('the same command goes on from what is there', async () => {
    const { said } = await run(path(), settings, 'taught');
    expect(said.some((line) => line.includes('loss'))).toBe(false);
    expect(said.some((line) => line.includes('questions are answered'))).toBe(false);
  });

  test('an interruption keeps what was answered', async () => {
    const stop = new AbortController();
    stop.abort();
    const { lines: told } = await run(path(), settings, 'stopped', stop.signal);
    expect(told.at(-1)).toContain('stopped');
    expect(existsSync(join(folder.path, 'stopped', 'student'))).toBe(false);
  });
});

describe('what can not be used is refused:', () => {
  const right = probe.map(({ id }) => ({ id, response: '', correct: true }));
  folder.write('right.jsonl', lines(right));
  folder.write('strangers.jsonl', lines([{ id: 'x', response: 'y' }]));
  folder.write('bare.jsonl', lines([{ question: 'Why?' }]));
  folder.write('open.jsonl', lines(probe.map(({ id, question }) => ({ id, question }))));
  test.each([
    [
      'too few difficult questions',
      { answers: 'right.jsonl' },
      {},
      'profile too small: 0 difficult questions',
    ],
    [
      'answers to other questions',
      { answers: 'strangers.jsonl' },
      {},
      'no answer of the log is to a question',
    ],
    ['a pool without solutions', { pool: 'bare.jsonl' }, {}, "too many rows can't be used"],
    ['nobody to teach', { answers: undefined }, {}, 'give a student (a model) or answers (a log)'],
    ['a model that is not there', { answers: undefined, student: 'nobody' }, {}, 'no such model'],
    ['a teacher that is none', {}, { teacher: 'gpt' }, 'not a language model: gpt'],
    [
      'scores that are not there',
      {},
      { difficulty: 'scores' },
      "difficult questions can't be told by scores",
    ],
    [
      'right answers that are not known',
      { probe: 'open.jsonl' },
      { difficulty: 'answers' },
      "difficult questions can't be told by answers",
    ],
    ['a probe that is all of the pool', { pool: 'probe.jsonl' }, {}, 'all of the pool is in the probe'],
  ])('%s', async (name, changes, settings, message) => {
    const path = plan({ skills: undefined, ...changes }, `${name.replaceAll(' ', '-')}.json`);
    const error = await userError(run(path, { skills: 3, ...settings }, name.replaceAll(' ', '-')));
    expect(error.message).toContain(message);
  });
});
