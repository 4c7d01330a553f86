import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { theoryOfMindTeacher } from '../../src/methods/dialogue/theory-of-mind-teacher.js';
import { startScriptedChat } from '../language/endpoint/scripted-chat.js';
import { testFolder, userError } from '../tasks/folder.js';

const folder = testFolder();

/** Stones are heavy, feathers are not; a third of the things are feathers. */
const items = Array.from({ length: 60 }, (_, i) => {
  const isHeavy = i % 3 !== 0;
  return {
    id: `q${i}`,
    question: `Is thing ${i}, a ${isHeavy ? 'stone' : 'feather'}, heavy?`,
    options: ['yes', 'no'],
    answer: isHeavy ? 'yes' : 'no',
    explanation: isHeavy ? 'Stones weigh much.' : 'Feathers weigh little.',
  };
});
const written = (rows: readonly object[], name = 'items.jsonl') =>
  folder.write(name, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);

/**
 * A student that explains nothing to itself and says yes unless an explanation says otherwise, and a teacher that explains well and
 * knows its student.
 */
let logprobs = true;
const server = await startScriptedChat(({ model, messages }) => {
  const [system, prompt] = [messages[0]!.content, messages.at(-1)!.content];
  const isFeather = prompt.includes('feather');
  if (prompt.endsWith('Why?')) return { text: 'It is what it is. And so' };
  if (prompt.includes('Explain in a sentence')) {
    if (model === 'student') return { text: 'Things are what they are.' };
    return { text: isFeather ? 'Feathers weigh little. And' : 'Stones weigh much.' };
  }
  const toldNo = /(Explanation|is told): Feathers/.test(prompt);
  const text = toldNo || (model === 'teacher' && !system.startsWith('Another') && isFeather) ? 'No' : 'Yes';
  return { text, ...(logprobs && { first: { [text]: 0.7, [text === 'Yes' ? 'no' : 'yes']: 0.2 } }) };
});
afterAll(() => server.close());

const run = async (settings: object, out: string, path = written(items)) => {
  const said: string[] = [];
  folder.write(`${out}/.keep`, '');
  const name = `llm:student@${server.url}`;
  const params = theoryOfMindTeacher.method.params.parse({ student: name, known: 16, shots: 3, ...settings });
  const context = {
    seed: 1,
    folder: join(folder.path, out),
    signal: new AbortController().signal,
    say: (line: string) => void said.push(line),
  };
  const { lines } = await theoryOfMindTeacher.method.run(
    await theoryOfMindTeacher.read(path),
    params,
    context,
  );
  const rows = readFileSync(join(folder.path, out, 'interventions.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { said, lines, rows };
};

describe("the user's own questions", () => {
  test('a person explains what the student would get wrong', async () => {
    const { lines, rows, said } = await run({ style: 'blind', budget: 0.3 }, 'human');
    expect(rows).toHaveLength(44);
    const explained = rows.filter(({ explain }) => explain);
    expect(explained).toHaveLength(13);
    expect(said.join()).not.toContain('warning');
    // Those it gets wrong alone, which are fewer than the budget pays for in the end.
    const wrong = rows.filter(({ id }) => Number(id.slice(1)) % 3 === 0).length;
    const found = explained.filter(({ id }) => Number(id.slice(1)) % 3 === 0).length;
    expect(found).toBe(Math.min(13, wrong));
    const curve = JSON.parse(readFileSync(join(folder.path, 'human/curve.json'), 'utf8'));
    expect(curve.curve.map(({ estimate }: { estimate: number }) => Math.round(44 * estimate))).toEqual(
      [0, 8, 17, 26, 35, 44].map((count) => 44 - wrong + Math.min(count, wrong)),
    );
    expect(curve.best).toBe(0.4);
    expect(curve.lead.low).toBeGreaterThan(0);
    expect(curve.calibration.at(-1)).toMatchObject({ predicted: expect.closeTo(0.5, 5), observed: 1 });
    expect(lines.join('\n')).toMatch(/most are right at 40.0/);
  });

  test('explanations that a model rationalises do not help, and the report says so', async () => {
    const { lines } = await run(
      { teacher: `llm:teacher@${server.url}`, style: 'rationalise', budget: 1 },
      'why',
    );
    expect(lines.join('\n')).toMatch(/most are right at 0\.0/);
    expect(lines[1]).toContain('right answers by the data');
  });

  test('too few repairs to personalise by: blind, with a warning', async () => {
    const { said } = await run({ teacher: `llm:teacher@${server.url}`, shots: 6 }, 'personal');
    expect(said.join('\n')).toMatch(/put the student right on \d known questions only, of 6: style blind/);
  });

  test('live questions without answers need the label of the teacher', async () => {
    const live = items.map((item, i) => (i < 30 ? item : { ...item, answer: undefined }));
    const path = written(live, 'live.jsonl');
    const error = await userError(run({ style: 'blind' }, 'live', path));
    expect(error.message).toContain('no answers to foretell the gain of');
    const { lines, rows } = await run(
      { style: 'blind', label: 'teacher', teacher: `llm:teacher@${server.url}` },
      'live',
      path,
    );
    expect(rows).toHaveLength(44);
    expect(lines.join('\n')).toContain('no accuracy: not all answers are known');
  });

  test('by what fails alone: only what is chosen is explained', async () => {
    const { rows, lines } = await run({ rule: 'pre only', style: 'blind' }, 'cheap');
    const answers = new Map(items.map(({ id, answer }) => [id, answer]));
    const explained = rows.filter(({ explain }) => explain);
    expect(explained).toHaveLength(8);
    for (const { id, answer } of explained) expect([answers.get(id), answer]).toEqual(['no', 'no']);
    for (const { explain, explanation, helped } of rows) {
      expect(explanation !== null).toBe(explain);
      expect(helped).toBeNull();
    }
    expect(lines.join('\n')).toContain('of the 8 explained 0 alone and 8 with help');
  });

  test('cheaply on live questions: the teacher answers all, and explains few', async () => {
    const live = written(
      items.map((item, i) => (i < 30 ? item : { ...item, answer: undefined })),
      'cheap.jsonl',
    );
    const before = server.calls.length;
    const settings = {
      rule: 'pre only',
      label: 'teacher',
      teacher: `llm:teacher@${server.url}`,
      style: 'blind',
    };
    const { rows } = await run(settings, 'cheap-live', live);
    const wordy = server.calls
      .slice(before)
      .filter(
        ({ model, messages }) => model === 'teacher' && messages.at(-1)!.content.includes('Explain in'),
      );
    expect(wordy).toHaveLength(13 + 8);
    for (const { id } of rows.filter(({ explain }) => explain)) expect(Number(id.slice(1)) % 3).toBe(0);
  });

  test('an endpoint without log-probabilities is sampled, and that is said once', async () => {
    logprobs = false;
    const { said, rows } = await run(
      { style: 'blind', known: 8, shots: 2 },
      'sampled',
      written(items.slice(0, 14), 'few.jsonl'),
    );
    logprobs = true;
    expect(said.filter((line) => line.includes('sends no log-probabilities'))).toHaveLength(1);
    expect(rows[0].alone).toBeTypeOf('number');
  });

  test('numbers: the first sentence alone, and nothing that tells the answer', async () => {
    const numbers = Array.from({ length: 30 }, (_, i) => ({
      question: `How much is ${i} and 1?`,
      answer: i + 1,
      explanation: i % 2 === 0 ? `Count on by one. It is ${i + 1}.` : `It is ${i + 1}. Count on.`,
    }));
    const { said, rows } = await run({ style: 'blind' }, 'numbers', written(numbers, 'numbers.jsonl'));
    expect(said.join('\n')).toMatch(/\d+ explanations gave the number away/);
    expect(new Set(rows.map(({ explanation }) => explanation))).toEqual(new Set(['Count on by one.', '']));
  });

  test.each([
    ['too few with an answer', { known: 61 }, 'too few questions with an answer: 60'],
    ['none left to explain', { known: 60 }, 'no questions are left to explain'],
    ['too few examples', { shots: 17 }, 'too few known questions with an explanation'],
    ['a student that is none', { student: 'smollm' }, 'not a language model: smollm'],
  ])('%s is refused', async (_, settings, message) => {
    expect((await userError(run(settings, 'refused'))).message).toContain(message);
  });

  test('a budget outside of 0 to 1 is refused', () => {
    for (const budget of [-0.1, 1.5]) {
      expect(theoryOfMindTeacher.method.params.safeParse({ budget }).success).toBe(false);
    }
  });
});
