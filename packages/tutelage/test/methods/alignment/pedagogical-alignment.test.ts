import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openCausalModel, saveCausalModel } from '../../../src/language/causal-model.js';
import { trainByteBpe } from '../../../src/language/tokenizer/train.js';
import { pedagogicalAlignment } from '../../../src/methods/alignment/pedagogical-alignment.js';
import { type CodeBook, writeTurn } from '../../../src/tasks/tutor-codes.js';
import { testFolder, userError } from '../../tasks/folder.js';
import { tinyCausalModel } from '../../tiny-causal-model.js';
import { teach } from '../taught.js';

const folder = testFolder();
const book: CodeBook = {
  evaluations: { a: 'wrong', b: 'right' },
  actions: { 1: 'hint', 2: 'tell', 3: 'confirm' },
  states: { x: 'open', y: 'done' },
  telling: { 1: '2' },
  fields: { evaluation: 'e', action: 'a', state: 's', subproblem: 'p', text: 't' },
};
const acts = {
  wrong: { evaluation: 'a', action: '1', state: 'x', text: 'Look again.' },
  again: { evaluation: 'a', action: '2', state: 'y', text: 'It is so.' },
  right: { evaluation: 'b', action: '3', state: 'y', text: 'Yes.' },
} as const;
const said = Object.keys(acts) as (keyof typeof acts)[];

const tutorRow = ({ text, ...codes }: (typeof acts)[keyof typeof acts]) => ({ role: 'tutor', text, codes });
const dialogue = (i: number) => [
  { role: 'learner', text: `${i}` },
  { role: 'tutor', text: writeTurn(acts.right, book) },
  { role: 'learner', text: said[i % 3]! },
  tutorRow(acts[said[i % 3]!]),
];
const dialogues = Array.from({ length: 48 }, (_, i) => dialogue(i));
const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

beforeAll(async () => {
  const texts = said.flatMap((word) => [`user: ${word}\nassistant: `, writeTurn(acts[word], book)]);
  const tokenizer = trainByteBpe(texts, { vocabulary: 330 });
  await saveCausalModel(
    tinyCausalModel(tokenizer, 1, { width: 32, positions: 256 }),
    join(folder.path, 'model'),
  );
  folder.write('codes.json', JSON.stringify(book));
  folder.write('dialogues.jsonl', lines(dialogues));
});

const plan = (changes: object = {}) =>
  folder.write(
    'plan.json',
    JSON.stringify({
      model: 'model',
      dialogues: 'dialogues.jsonl',
      codes: 'codes.json',
      system: 'Tutor.',
      ...changes,
    }),
  );
const settings = {
  supervisedPasses: 24,
  supervisedRate: 0.01,
  passes: 2,
  learningRate: 2e-4,
  loraRank: 0,
  batchSize: 4,
  temperature: 1,
  maxTokens: 160,
  answerTokens: 24,
  keptShare: 0.5,
};
let whole: readonly string[] = [];

test('own dialogues: a tutor is fine-tuned, makes pairs by its mistakes, and is aligned', async () => {
  const out = join(folder.path, 'out');
  const { lines: told, said: heard } = await teach('pedagogical-alignment', plan(), settings, out);
  whole = told;
  expect(told).toHaveLength(5);
  expect(heard.some((line) => line.startsWith('dpo: '))).toBe(true);
  const pairs = readFileSync(join(out, 'pairs.jsonl'), 'utf8').trim().split('\n');
  const first = JSON.parse(pairs[0]!) as Record<string, unknown>;
  expect(Object.keys(first)).toEqual(['dialogue', 'reason', 'messages', 'chosen', 'rejected']);
  expect(first.chosen).not.toBe(first.rejected);
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as {
    turns: number;
    reasons: { pairs: number }[];
    tutors: { arm: string; joint: number; margin: number; agreed: number | null }[];
  };
  expect(report.reasons.reduce((sum, own) => sum + own.pairs, 0)).toBe(pairs.length);
  expect(report.tutors.map(({ arm }) => arm)).toEqual([
    'fine-tuned tutor',
    "fine-tuned on the expert's side of the pairs",
    'dpo',
  ]);
  for (const { joint, margin } of report.tutors) {
    expect(joint).toBeGreaterThan(0.5);
    expect(margin).toBeGreaterThan(0);
  }
  expect((await openCausalModel(join(out, 'student'))).config.width).toBe(32);

  // Once more: all is there already.
  const again = await teach('pedagogical-alignment', plan(), settings, out);
  expect(again.lines).toEqual(told);
  expect(again.said.filter((line) => line.includes('loss'))).toEqual([]);
});

test('KTO, passes that end at a target, a code book without telling, an expert of rules', async () => {
  const rules = said.map((word) => ({ when: { said: word }, turn: acts[word] }));
  folder.write('rules.json', JSON.stringify(rules));
  folder.write('silent.json', JSON.stringify({ ...book, telling: {} }));
  const rows = dialogues.map(([opening, , learner], i) => [
    opening!,
    { role: 'tutor', text: 'Hm.' },
    { ...learner!, codes: { said: said[i % 3] } },
    { role: 'tutor', text: 'Hm.' },
  ]);
  folder.write('coded.jsonl', lines(rows));
  const own = plan({ dialogues: 'coded.jsonl', codes: 'silent.json', expert: { rules: 'rules.json' } });
  const changes = { ...settings, loss: 'kto', targetTells: 0.5, temperature: 2, supervisedPasses: 8 };
  const { lines: told, said: heard } = await teach(
    'pedagogical-alignment',
    own,
    changes,
    join(folder.path, 'kto'),
  );
  expect(told.join()).not.toContain('margin');
  expect(heard).toContain('no telling actions defined in the code book: margin test skipped');
  expect(heard).toContain('expert turn 2 of dialogue 1 has no valid codes: skipped: no rule fits');
  const steps = heard.flatMap((line) => /^kto: (\d+) of (\d+),/.exec(line)?.slice(1, 3).map(Number) ?? []);
  // The tutor that never tells has reached the target after its first pass.
  expect(steps.at(-2)).toBe(steps.at(-1)! / 2);
});

test('a tutor with nothing to learn is told', async () => {
  const certain = { ...settings, order: 'state' };
  const same = dialogues.map(() => [...dialogue(2).slice(0, 2), ...dialogue(2)]);
  const numbered = same.map((rows, i) => [{ role: 'learner', text: `${i}` }, ...rows]);
  folder.write('same.jsonl', lines(numbered));
  const teaching = teach(
    'pedagogical-alignment',
    plan({ dialogues: 'same.jsonl' }),
    certain,
    join(folder.path, 'same'),
  );
  expect((await userError(teaching)).message).toBe('tutor agrees with the expert on all turns: no pairs');
});

test('what is killed goes on with what is missing', async () => {
  const out = join(folder.path, 'stopped');
  const stop = new AbortController();
  const { method, read } = pedagogicalAlignment;
  const run = (signal: AbortSignal, heard: string[]) =>
    read(plan()).then((input) =>
      method.run(input, method.params.parse(settings), {
        seed: 1,
        folder: out,
        signal,
        say(line) {
          heard.push(line);
          if (line.startsWith('fine-tuned on')) stop.abort();
        },
      }),
    );
  folder.write('stopped/.keep', '');
  const first = await run(stop.signal, []);
  expect(first.lines).toEqual([`stopped: 1 of 3 tutors are there: ${out}`]);
  const heard: string[] = [];
  const { lines: told } = await run(new AbortController().signal, heard);
  expect(heard.filter((line) => line.startsWith('fine-tuned tutor: '))).toEqual([]);
  expect(told.map((line) => line.replaceAll('\u00a0', ' ')).slice(0, -1)).toEqual(whole.slice(0, -1));
});

test('what can not be used is told', async () => {
  const { read } = pedagogicalAlignment;
  folder.write('one.jsonl', lines(dialogues.slice(0, 9)));
  folder.write('two.jsonl', lines(dialogues.slice(8, 20)));
  const splits = { supervised: 'one.jsonl', preferences: 'two.jsonl', test: 'dialogues.jsonl' };
  const twice = await userError(read(plan({ dialogues: splits })));
  expect(twice.message).toBe('dialogue 1 appears in two splits: supervised and preferences');
  expect((await userError(read(plan({ model: 'nothing' })))).message).toContain('no such file or folder');
  expect((await userError(read(plan({ dialogues: 7 })))).message).toContain('dialogues');

  const few = teach(
    'pedagogical-alignment',
    plan({ dialogues: 'one.jsonl' }),
    { supervisedShare: 0.01 },
    folder.path,
  );
  expect((await userError(few)).message).toBe('no dialogues for supervised: there are 9');
  const silent = [
    { role: 'learner', text: '1' },
    { role: 'tutor', text: 'Hm.' },
    { role: 'learner', text: '2' },
  ];
  folder.write(
    'silent.jsonl',
    lines(Array.from({ length: 9 }, (_, i) => [...silent, { role: 'learner', text: `${i}` }])),
  );
  const none = teach('pedagogical-alignment', plan({ dialogues: 'silent.jsonl' }), settings, folder.path);
  expect((await userError(none)).message).toBe('no turns of the expert for supervised: 3 dialogues');
  for (const order of ['format,format', 'colour', '']) {
    expect(pedagogicalAlignment.method.params.safeParse({ order }).success).toBe(false);
  }
});
