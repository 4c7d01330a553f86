import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openCausalModel, saveCausalModel } from '../../../src/language/causal-model.js';
import { trainByteBpe } from '../../../src/language/tokenizer/train.js';
import { fineTuned } from '../../../src/own-data/skill-job.js';
import { loadStudent } from '../../../src/students/load-student.js';
import { type FakeServer, startFakeServer } from '../../language/endpoint/fake-server.js';
import { testFolder, userError } from '../../tasks/folder.js';
import { tinyCausalModel } from '../../tiny-causal-model.js';
import { teach } from '../taught.js';

const folder = testFolder();
const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const read = (path: string): string => readFileSync(path, 'utf8');
const rowsOf = (path: string) =>
  read(path)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/* A task of three kinds of texts; the examples hold none of the third. */
const words = {
  fruit: ['apple', 'pear', 'plum', 'cherry', 'grape', 'lemon', 'melon', 'peach'],
  tool: ['hammer', 'saw', 'drill', 'wrench', 'chisel', 'pliers', 'file', 'vice'],
  bird: ['robin', 'crow', 'heron', 'swift', 'finch', 'stork', 'eagle', 'wren'],
} as const;
type Kind = keyof typeof words;
const kinds = Object.keys(words) as Kind[];
const text = (kind: Kind, i: number, frame: string) => `${frame} ${words[kind][i % 8]} ${i}`;
const items = (count: number, frame: string, of: readonly Kind[] = kinds) =>
  Array.from({ length: count }, (_, i) => {
    const kind = of[i % of.length]!;
    const question = text(kind, Math.floor(i / of.length), frame);
    return { id: `${frame}${i}`, question, answer: kind, skill: kind };
  });
const validation = items(24, 'see');
const tests = items(24, 'here');
const examples = [...items(16, 'look', ['fruit', 'tool']), ...items(1, 'behold', ['bird'])];
folder.write('validation.jsonl', lines(validation));
folder.write('test.jsonl', lines(tests));
folder.write('examples.jsonl', lines([...examples, { ...tests[0], id: 'leak' }]));
const plan = (name: string, changes: object = {}): string =>
  folder.write(
    `${name}.json`,
    JSON.stringify({
      student: 'classifier',
      validation: 'validation.jsonl',
      test: 'test.jsonl',
      examples: 'examples.jsonl',
      ...changes,
    }),
  );

/** Writes items of a kind that have not been written before. */
let written = 0;
const draft = (kind: Kind) => {
  written++;
  return { question: text(kind, written, 'there'), answer: kind };
};
const many = (kind: Kind, count: number) => Array.from({ length: count }, () => draft(kind));

let server: FakeServer;
let asked: { readonly system: string; readonly user: string };
let reply: () => string | object;
beforeAll(async () => {
  server = await startFakeServer({
    fault(_, __, { messages }) {
      asked = { system: messages[0]!.content, user: messages[1]!.content };
      return 'ok';
    },
    answer() {
      const said = reply();
      return typeof said === 'string' ? said : JSON.stringify(said);
    },
  });
});
afterAll(() => server.close());
const skillIn = (shown: string) => kinds.find((kind) => shown.includes(`Skill: ${kind}`)) ?? 'bird';
beforeEach(() => {
  reply = () => {
    const kind = skillIn(asked.user);
    if (asked.system.includes('may lack')) return [{ weakness: `${kind} names`, items: many(kind, 6) }];
    if (asked.system.includes('Divide a skill')) return [`small ${kind}`, `large ${kind}`, 'too many'];
    return many(kind, 10);
  };
});

const small = { rounds: 1, items: 12, passes: 1 };
const run = (path: string, out: string, settings: object = {}, signal?: AbortSignal) =>
  teach(
    'dataenvgym',
    path,
    { teacher: `llm:teacher@${server.url}`, ...small, ...settings },
    join(folder.path, out),
    ...(signal ? [signal] : []),
  );

describe('a classifier', () => {
  test('is taught what it fails, open-ended', async () => {
    const { lines: told, said } = await run(plan('open'), 'open', { items: 20, rounds: 2 });
    const out = (name: string) => join(folder.path, 'open', name);
    expect(said).toContain('warning: 1 examples are in the validation or the test, and are left out');
    expect(told[0]).toMatch(/^round [12] of 2 is best on validation$/);
    expect(told[2]).toMatch(/^test: \d\d\.\d % right before, \d+\.\d % after \(/);
    const taught = rowsOf(out('rounds/1/items.jsonl'));
    expect(taught).toHaveLength(20);
    expect(taught[0]).toMatchObject({ answer: 'bird', checker: 'exact', skill: 'all' });
    expect(taught.some(({ known }) => !known)).toBe(true);
    expect(rowsOf(out('rounds/1/answers.jsonl'))).toHaveLength(24);
    const reports = [0, 2].map((round) => JSON.parse(read(out(`rounds/${round}/report.json`))));
    expect(reports[1].skills.bird).toBeGreaterThan(reports[0].skills.bird + 0.3);
    expect(reports[1].test).toBeGreaterThan(reports[0].test + 0.1);
    expect(read(out('curves.csv')).split('\n')).toHaveLength(5);
    expect(read(out('skills.csv'))).toMatch(/"bird",8,0\.\d{3},[01]\.\d{3},0,/);
    const student = await loadStudent(out('student'));
    if (student.input !== 'text') throw new Error(`not of texts: ${student.input}`);
    const [answer] = await student.predict(['there heron']);
    expect(answer!.label).toBe('bird');
    await student.dispose();
  });

  test('the same command goes on from what is there', async () => {
    const before = server.calls.length;
    const { lines: told } = await run(plan('open'), 'open', { items: 20, rounds: 2 });
    expect(server.calls.length).toBe(before);
    expect(told[0]).toMatch(/^round [12] of 2 is best on validation$/);
    expect(rowsOf(join(folder.path, 'open', 'rounds/1/items.jsonl'))).toHaveLength(20);
  });

  test('with a level of skills, failures are shown and items say what they are for', async () => {
    let shown = '';
    const usual = reply;
    reply = () => {
      if (asked.user.includes('Skill: bird')) shown = asked.user;
      return usual();
    };
    await run(plan('list'), 'list', { level: 'skill-list' });
    expect(shown).toMatch(/Question: see \w+ \d+\nThe student's answer: (fruit|tool)\nRight answer: bird/);
    const taught = rowsOf(join(folder.path, 'list', 'rounds/1/items.jsonl'));
    for (const row of taught) expect(row).toMatchObject({ skill: 'bird', hypothesis: 'bird names' });
    expect(read(join(folder.path, 'list', 'skills.csv'))).toMatch(/"bird",8,0\.\d{3},[01]\.\d{3},6,/);
  });

  test('without state, nothing of the student is shown', async () => {
    const seen: string[] = [];
    const usual = reply;
    reply = () => {
      seen.push(asked.user);
      return usual();
    };
    await run(plan('blind'), 'blind', { level: 'skill-list', state: false, rounds: 1 });
    await run(plan('blind'), 'blind-open', { state: false, rounds: 1 });
    expect(seen.length).toBeGreaterThan(3);
    for (const user of seen) {
      expect(user).not.toContain("student's answer");
      expect(user).not.toContain('see');
    }
    const skills = rowsOf(join(folder.path, 'blind', 'rounds/1/items.jsonl')).map(({ skill }) => skill);
    expect(new Set(skills)).toEqual(new Set(kinds));
  });

  test('trees grow subskills, whose items are written by their names', async () => {
    const { lines: told } = await run(plan('tree'), 'tree', { level: 'skill-tree', perSkill: 5, rounds: 2 });
    const taught = rowsOf(join(folder.path, 'tree', 'rounds/1/items.jsonl'));
    expect(new Set(taught.map(({ subskill }) => subskill))).toEqual(
      new Set(kinds.flatMap((kind) => [`small ${kind}`, `large ${kind}`])),
    );
    expect(told.join('\n')).toMatch(/items were spent without gain on: (fruit|tool) \(\d items\)/);
    const all = [1, 2].flatMap((round) => {
      const path = join(folder.path, 'tree', `rounds/${round}/items.jsonl`);
      return existsSync(path) ? rowsOf(path) : [];
    });
    for (const kind of kinds) expect(all.filter(({ skill }) => skill === kind).length).toBeLessThanOrEqual(5);
  });

  test('the teacher decides how trees grow, where it says so', async () => {
    const usual = reply;
    reply = () => {
      if (!asked.system.includes('You plan what')) return usual();
      if (asked.user.includes('Skill: tool')) return 'I can not say.';
      if (asked.user.includes('none')) return { action: 'explore', subskills: 1, items: 3, reason: 'new' };
      return { action: 'exploit', changes: { [`small ${skillIn(asked.user)}`]: -2 } };
    };
    await run(plan('decided'), 'decided', { level: 'skill-tree', policy: 'teacher', rounds: 2, items: 60 });
    const log = rowsOf(join(folder.path, 'decided', 'agent.jsonl'));
    expect(log).toHaveLength(6);
    expect(log[0]).toEqual({
      round: 1,
      skill: 'bird',
      kind: 'explore',
      subskills: 1,
      items: 3,
      reason: 'new',
    });
    expect(log[3]).toMatchObject({ round: 2, skill: 'bird', kind: 'exploit', changes: { 'small bird': -2 } });
    const counts = [1, 2].map((round) => {
      const rows = rowsOf(join(folder.path, 'decided', `rounds/${round}/items.jsonl`));
      return rows.filter(({ skill }) => skill === 'bird').length;
    });
    expect(counts).toEqual([3, 1]);
    // Without a decision, the rule of rewards explores two subskills first.
    expect(log[2]).toMatchObject({ round: 1, skill: 'tool', kind: 'explore', subskills: 2 });
  });

  test('rare skills are one, and missing ones are named by the teacher', async () => {
    const bare = validation.map(({ skill, ...item }, i) => (i < 3 ? { ...item, skill: 'odd' } : item));
    folder.write('bare.jsonl', lines(bare));
    const usual = reply;
    reply = () => (asked.system.includes('Which of these skills') ? '["odd"]' : usual());
    const path = plan('bare', { validation: 'bare.jsonl' });
    await run(path, 'bare', { level: 'skill-list', rounds: 1 });
    expect(JSON.parse(read(join(folder.path, 'bare', 'rounds/0/report.json'))).skills).toHaveProperty('odd');
    const few = validation.map((item, i) => (i < 3 ? { ...item, skill: 'odd' } : item));
    folder.write('few.jsonl', lines(few));
    const { said } = await run(plan('few', { validation: 'few.jsonl' }), 'few', {
      level: 'skill-list',
      rounds: 1,
    });
    expect(said).toContain('warning: skills of fewer than 5 validation questions are "other": odd');
  });

  test('what a teacher must not write is dropped and counted', async () => {
    const drafts = [
      { question: validation[0]!.question.toUpperCase(), answer: 'fruit' },
      { question: tests[0]!.question, answer: 'fruit' },
      { question: examples[0]!.question, answer: 'fruit' },
      { question: 'what is a whale', answer: 'fish' },
      ...many('bird', 2),
    ];
    reply = () => drafts;
    const { lines: told } = await run(plan('dropped'), 'dropped', { rounds: 1, items: 1 });
    expect(told).toContain('2 items were dropped: they are in the validation or the test');
    expect(told).toContain('1 items were dropped: they had been written before');
    expect(told).toContain('1 items were dropped: their answers are none of the task');
    expect(told).toContain('1 items were more than asked for, and dropped');
    expect(rowsOf(join(folder.path, 'dropped', 'rounds/1/items.jsonl'))).toHaveLength(1);
  });

  test('a call without JSON is tried three times and skipped', async () => {
    reply = () => 'I would rather not.';
    const before = server.calls.length;
    const { lines: told } = await run(plan('silent'), 'silent', { items: 10 });
    expect(server.calls.length - before).toBe(3);
    expect(told[0]).toBe('round 0 of 0 is best on validation: teaching did not help');
    expect(told).toContain('1 calls brought no JSON in three tries, and were skipped');
    expect(existsSync(join(folder.path, 'silent', 'student'))).toBe(false);
  });

  test('it ends when nothing gets better, and calls can be capped', async () => {
    reply = () => many('fruit', 10);
    const { said } = await run(plan('patient'), 'patient', { rounds: 9, items: 10, patience: 1 });
    expect(said.filter((line) => line.includes('the teacher writes'))).toHaveLength(1);
    const { lines: told } = await run(plan('capped'), 'capped', { rounds: 3, items: 20, maxCalls: 1 });
    expect(told).toContain('1 calls of the teacher');
    expect(told.join('\n')).toContain('over the cap');
  });

  test('an interruption keeps what was done', async () => {
    const stop = new AbortController();
    const usual = reply;
    let calls = 0;
    reply = () => {
      if (++calls === 3) stop.abort();
      return usual();
    };
    const { lines: told } = await run(plan('stopped'), 'stopped', { rounds: 3, items: 20 }, stop.signal);
    expect(told[0]).toBe('round 1 of 1 is best on validation');
    const { lines: later } = await run(plan('stopped'), 'stopped', { rounds: 3, items: 20 });
    expect(later[0]).toMatch(/^round [1-3] of 3 is best/);
    expect(existsSync(join(folder.path, 'stopped', 'student', 'model.onnx'))).toBe(true);
  });
});

describe('a language model', () => {
  const sum = (a: number, b: number) => ({
    question: `${a} plus ${b}?`,
    answer: String(a + b),
    solution: `It is ${a + b}`,
  });
  const sums = (count: number, from: number) =>
    Array.from({ length: count }, (_, i) => sum(from + (i % 9), i));
  const tokenizer = trainByteBpe(
    sums(40, 1).map(({ question, solution }) => `${question}\n${solution}`),
    { vocabulary: 280 },
  );
  beforeAll(async () => {
    // Untrained, it says nothing but line ends.
    const spoken = await fineTuned(
      tinyCausalModel(tokenizer, 1, { positions: 64 }),
      sums(8, 1),
      { passes: 30, batchSize: 8, learningRate: 2e-2, loraRank: 0, maxTokens: 12 },
      'upbringing',
      { seed: 1, signal: new AbortController().signal, say: () => {} },
    );
    await saveCausalModel(spoken, join(folder.path, 'model'));
  });
  folder.write('sums-validation.jsonl', lines(sums(8, 20)));
  folder.write('sums-test.jsonl', lines(sums(8, 40)));
  folder.write('sums-examples.jsonl', lines(sums(8, 60)));
  const path = (checker: string) =>
    plan(`model-${checker}`, {
      student: 'model',
      checker,
      validation: 'sums-validation.jsonl',
      test: 'sums-test.jsonl',
      examples: 'sums-examples.jsonl',
    });
  const settings = {
    maxTokens: 12,
    rounds: 2,
    items: 10,
    learningRate: 1e-2,
    loraRank: 0,
    passes: 2,
    batchSize: 4,
  };

  test('learns the items, and says what it can of new ones', async () => {
    let next = 100;
    reply = () => Array.from({ length: 10 }, () => sum(next++, 3));
    const { lines: told, said } = await run(path('exact'), 'model-taught', settings);
    expect(said.join('\n')).toContain('round 2: 10 items');
    expect(told[0]).toMatch(/^round \d of 2 is best/);
    const taught = rowsOf(join(folder.path, 'model-taught', 'rounds/2/items.jsonl'));
    expect(taught[0]).toMatchObject({
      solution: expect.stringContaining('It is'),
      known: false,
      agrees: true,
    });
    const student = join(folder.path, 'model-taught', 'student');
    if (existsSync(student)) expect((await openCausalModel(student)).config.width).toBe(16);
  });

  test('whose answers can not be judged is not taught', async () => {
    const before = server.calls.length;
    // Too long for the student, they are answered by silence.
    const long = sums(8, 20).map((one) => ({ ...one, question: `${'1 plus '.repeat(40)}${one.question}` }));
    folder.write('long.jsonl', lines(long));
    const own = plan('wordless', { student: 'model', validation: 'long.jsonl', checker: 'answer' });
    const error = await userError(run(own, 'wordless', settings));
    expect(error.message).toBe("no answer of the student's can be judged");
    expect(server.calls.length).toBe(before);
  });
});

describe('what can not be used is refused:', () => {
  test.each([
    [
      'a validation question in the test',
      { test: 'validation.jsonl' },
      {},
      'a validation question is in the test: see0',
    ],
    ['examples that are all held back', { examples: 'test.jsonl' }, {}, 'too few examples: 0'],
    ['a model that is not there', { student: 'nobody' }, {}, 'no such model'],
    ['a classifier of answers by value', { checker: 'answer' }, {}, "a classifier's answers are exact"],
    ['a teacher that is none', {}, { teacher: 'gpt' }, 'not a language model: gpt'],
    ['a field that is not known', { budget: 3 }, {}, 'budget'],
  ])('%s', async (name, changes, settings, message) => {
    const out = name.replaceAll(' ', '-');
    const error = await userError(run(plan(out, changes), out, settings));
    expect(`${error.message} ${error.detail ?? ''}`).toContain(message);
  });

  test('a classifier with one answer', async () => {
    const one = ['v', 't', 'e'].map((name) =>
      folder.write(`one-${name}.jsonl`, lines(items(4, name, ['fruit']))),
    );
    const path = plan('one', { validation: one[0], test: one[1], examples: one[2] });
    expect((await userError(run(path, 'one'))).message).toContain('two answers or more');
  });

  test('a folder of other data', async () => {
    const path = plan('open', { test: 'others.jsonl' });
    folder.write('others.jsonl', lines(items(12, 'another')));
    expect((await userError(run(path, 'open'))).message).toContain('responses are of other data');
  });
});
