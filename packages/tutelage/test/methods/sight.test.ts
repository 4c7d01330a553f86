import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sight } from '../../src/methods/data/sight.js';
import { type FakeServer, startFakeServer } from '../language/endpoint/fake-server.js';
import { testFolder, userError } from '../tasks/folder.js';

const folder = testFolder();
const closings = ['of week', 'in part', 'of chapter', 'at minute'];
const openings = [
  'Thanks for the lecture',
  'The chalk squeaks',
  'Why is the limit zero',
  'What a course',
  'Watched it all',
];

/** Comments of five kinds; people labelled the first 80 of them. */
const comments = Array.from({ length: 360 }, (_, i) => {
  const text = `${openings[(i * 3) % 5]} ${closings[(i * 7) % 4]} ${i % 19}${i % 40 === 7 ? ' @joe' : ''}`;
  const yes = (word: string) => (i < 80 ? String(text.includes(word)) : '');
  return [
    String(i),
    text,
    `L${i % 3}`,
    yes('Thanks'),
    yes('Thanks'),
    yes('chalk'),
    i === 4 ? 'true' : yes('chalk'),
  ];
});
const header = ['id', 'comment', 'lecture', 'ann_thanks', 'bob_thanks', 'ann_setup', 'bob_setup'];
folder.write('comments.csv', `${[header, ...comments].map((row) => row.join(',')).join('\n')}\n`);

const rubric = {
  comments: 'comments.csv',
  id: 'id',
  context: { Lecture: 'lecture' },
  group: 'lecture',
  annotators: ['ann_{category}', 'bob_{category}'],
  categories: [
    { key: 'thanks', statement: 'It gives thanks.' },
    { key: 'setup', statement: 'It speaks of chalk.', examples: [{ comment: 'The chalk!', label: true }] },
  ],
};
const read = (changes: object = {}) =>
  sight.read(folder.write('rubric.json', JSON.stringify({ ...rubric, ...changes })));

let server: FakeServer;
let system = '';
beforeAll(async () => {
  server = await startFakeServer({
    fault(_, __, { messages }) {
      system = messages[0]!.content;
      return 'ok';
    },
    answer(prompt) {
      if (prompt.includes('minute 1')) return 'I would rather not say.';
      return String(prompt.includes(system.includes('thanks') ? 'Thanks' : 'chalk'));
    },
  });
});
afterAll(() => server.close());

const run = async (
  settings: object,
  {
    out,
    signal = new AbortController().signal,
    changes,
  }: { out: string; signal?: AbortSignal; changes?: object },
) => {
  const said: string[] = [];
  const params = sight.method.params.parse({ model: `llm:annotator@${server.url}`, ...settings });
  const context = {
    seed: 1,
    folder: join(folder.path, out),
    signal,
    say: (line: string) => void said.push(line),
  };
  folder.write(`${out}/.keep`, '');
  const { lines } = await sight.method.run(await read(changes), params, context);
  const file = (name: string) => readFileSync(join(folder.path, out, name), 'utf8');
  return { said, lines, file };
};

const short = { variants: 'zero-shot,few-shot', taught: 180, steps: 100, spotCheck: 0.1 };

describe("the user's own comments", () => {
  test('labels, reliability, digest and a student that takes over', async () => {
    const { said, lines, file } = await run(short, { out: 'full' });
    expect(said).toContain(
      'warning: 9 comments name users by @: with mask=true they are sent without the names',
    );
    expect(lines[0]).toMatch(/^thanks: people 1\.00 .* by zero-shot, .* unreadable: passes; student 1\.00/);
    const reliability = JSON.parse(file('reliability.json'));
    expect(
      reliability.variants.map(
        (one: { category: string; variant: string }) => `${one.category} ${one.variant}`,
      ),
    ).toEqual(['thanks zero-shot', 'setup zero-shot', 'setup few-shot']);
    const [thanks, setup] = reliability.categories;
    expect(thanks).toMatchObject({ passes: true, student: { withPeople: { estimate: 1 } } });
    expect(setup.judged.people.estimate).toBeGreaterThan(0.9);
    expect(reliability.variants[0].unreadable).toBeGreaterThan(0);
    // Without a listed price nothing is known of cost, but a machine of one's own costs nothing.
    expect(reliability.cost).toMatchObject({ comments: 360, dollars: 0, calls: 240 + 2 * 180 });
    const rows = file('labels.csv').trim().split('\n');
    expect(rows[0]).toBe('id,category,label,raw,variant,by');
    expect(rows.filter((row) => row.endsWith(',student'))).toHaveLength(2 * (360 - 80 - 180));
    const students = rows
      .filter((row) => row.endsWith('thanks,true,,,student'))
      .map((row) => Number(row.split(',')[0]));
    for (const at of students) expect(comments[at]![1]).toContain('Thanks');
    expect(existsSync(join(folder.path, 'full/students/thanks/model.onnx'))).toBe(true);
    const digest = JSON.parse(file('digest.json'));
    expect(digest.map(({ group }: { group: string }) => group).toSorted()).toEqual(['L0', 'L1', 'L2']);
    expect(digest[0].categories[0]).toMatchObject({
      category: 'thanks',
      people: 1,
      model: expect.any(Number),
    });
    expect(digest[0].categories[0].examples).toHaveLength(3);
    const checks = file('spot-checks.csv').trim().split('\n');
    expect(checks[0]).toBe('id,category,comment,label,checked');
    expect(checks.length).toBeGreaterThan(20);
  });

  test('the same command asks nothing twice', async () => {
    const before = server.calls.length;
    const { lines } = await run(short, { out: 'full' });
    expect(server.calls.length).toBe(before);
    expect(lines[0]).toContain('passes');
  });

  test('the model labels everything, without the names of users', async () => {
    const before = server.calls.length;
    const { file } = await run({ variants: 'zero-shot', bulk: 'model', mask: true }, { out: 'bulk' });
    const asked = server.calls.slice(before).map(({ body }) => body.messages.at(-1)!.content);
    expect(asked.some((text) => text.includes('@joe'))).toBe(false);
    expect(asked.some((text) => text.includes('@name'))).toBe(true);
    expect(file('labels.csv').trim().split('\n')).toHaveLength(1 + 2 * 360);
    expect(existsSync(join(folder.path, 'bulk/students'))).toBe(false);
  });

  test('what does not pass the gate is not labelled', async () => {
    const wrong = [
      { key: 'thanks', statement: 'It speaks of chalk, too.' },
      { key: 'setup', statement: 'It gives thanks.' },
    ];
    const { lines, file } = await run(
      { variants: 'zero-shot' },
      { out: 'gate', changes: { categories: wrong } },
    );
    expect(lines[0]).toContain('does not pass');
    expect(file('labels.csv').trim().split('\n')).toHaveLength(1 + 2 * 80);
  });

  test('an interruption keeps what was done, and the same command goes on', async () => {
    const stop = new AbortController();
    const before = server.calls.length;
    setTimeout(() => stop.abort(), 60);
    const { lines } = await run(
      { variants: 'zero-shot', bulk: 'model' },
      { out: 'stop', signal: stop.signal },
    );
    expect(lines.at(-1)).toContain('stop');
    const first = server.calls.length - before;
    expect(first).toBeLessThan(720);
    await run({ variants: 'zero-shot', bulk: 'model' }, { out: 'stop' });
    expect(server.calls.length - before).toBeLessThanOrEqual(2 * 360);
  });

  test.each([
    ['an unknown variant', { variants: 'zero-shot,many-shot' }, {}, 'unknown variant: many-shot'],
    ['no examples to ask with', { variants: 'reasoning' }, {}, 'no examples to ask with: thanks'],
    ['a model that is none', { model: 'gpt' }, {}, 'not a language model: gpt'],
    [
      'a cap without a price',
      { model: 'llm:unheard-of@https://example.org/v1', maxCost: 1 },
      {},
      'unknown price',
    ],
    [
      'columns that are not there',
      {},
      { annotators: ['ann_{category}', 'eve_{category}'] },
      'no such column: eve_thanks',
    ],
  ])('%s is refused', async (name, settings, changes, message) => {
    const error = await userError(run(settings, { out: name.replaceAll(' ', '-'), changes }));
    expect(error.message).toContain(message);
  });

  test('annotators who share no comments are refused, and warnings tell of rare categories', async () => {
    const lines = ['comment,a_x,b_x', 'one,1,', 'two,,0'];
    folder.write('apart.csv', `${lines.join('\n')}\n`);
    const apart = {
      comments: 'apart.csv',
      annotators: ['a_{category}', 'b_{category}'],
      categories: [{ key: 'x', statement: 'It is.' }],
      id: undefined,
      context: undefined,
      group: undefined,
    };
    expect((await userError(run({ variants: 'zero-shot' }, { out: 'apart', changes: apart }))).message).toBe(
      'annotators share no comments: x',
    );
    folder.write('rare.csv', 'comment,a_x,b_x\none,1,0\ntwo,0,0\nthree,0,0\n');
    const { said, lines: told } = await run(
      { variants: 'zero-shot' },
      { out: 'rare', changes: { ...apart, comments: 'rare.csv' } },
    );
    expect(said).toContain('warning: kappa is not meaningful for x: a person said yes 0 times');
    expect(said).toContain('warning: constant annotator: x, zero-shot: every answer is false');
    expect(told[0]).toContain('does not pass');
  });
});
