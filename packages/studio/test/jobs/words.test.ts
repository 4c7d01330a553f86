import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../../../tutelage/test/tasks/folder.js';
import { newJobSchema } from '../../src/api/index.js';
import { commandOf, distillForm } from '../../src/jobs/words.js';
import { openWorkspace } from '../../src/workspace/workspace.js';

const { path, write } = testFolder();
const outside = testFolder();
outside.write('secret.csv', 'a');
for (const name of ['uploads/tickets.csv', 'uploads/-x.csv', 'uploads/model.onnx', 'uploads/labels.txt'])
  write(name, 'a');
mkdirSync(join(path, 'runs', 'a-run'), { recursive: true });
symlinkSync(outside.path, join(path, 'away'));
const workspace = openWorkspace(path);
const words = (job: unknown) => commandOf(newJobSchema.parse(job), workspace, ['cyclical-curriculum']).words;

test('orders become command lines whose paths are whole', () => {
  expect(words({ kind: 'reproduce', claim: 'cyclical-curriculum', processes: 2 })).toEqual([
    'reproduce',
    'cyclical-curriculum',
    '--jobs=2',
    `--out=${path}/reproductions`,
  ]);
  expect(words({ kind: 'reproduce', claim: 'cyclical-curriculum', quick: true })).toEqual([
    'reproduce',
    'cyclical-curriculum',
    '--quick',
  ]);
  expect(
    words({
      kind: 'teach',
      method: 'cyclical-curriculum',
      data: 'uploads/-x.csv',
      parameters: { passes: 10, text: '--out=/' },
    }),
  ).toEqual([
    'teach',
    'cyclical-curriculum',
    `--data=${path}/uploads/-x.csv`,
    '--seed=1',
    `--out=${path}/taught/cyclical-curriculum`,
    '--set',
    'passes=10',
    'text=--out=/',
  ]);
  mkdirSync(join(path, 'taught', 'cyclical-curriculum'), { recursive: true });
  const again = commandOf(
    newJobSchema.parse({ kind: 'teach', method: 'cyclical-curriculum', data: 'uploads/tickets.csv' }),
    workspace,
    ['cyclical-curriculum'],
  );
  expect(again).toMatchObject({
    taught: 'cyclical-curriculum-2',
    words: expect.arrayContaining([`--out=${path}/taught/cyclical-curriculum-2`]),
  });
  expect(words({ kind: 'resume', run: 'a-run' })).toEqual(['resume', `${path}/runs/a-run`]);
});

test('a distillation has flags for what is not as it is anyway', () => {
  const settings = {
    data: 'uploads/tickets.csv',
    epochs: 3,
    quick: false,
    alone: false,
    logprobs: true,
    teacher: 'onnx:uploads/model.onnx',
    labels: 'uploads/labels.txt',
    name: '--out=/',
  };
  expect(words({ kind: 'distill', settings })).toEqual([
    'distill',
    `${path}/uploads/tickets.csv`,
    '--epochs=3',
    '--no-alone',
    '--logprobs',
    `--teacher=onnx:${path}/uploads/model.onnx`,
    `--labels=${path}/uploads/labels.txt`,
    '--name=--out=/',
    `--out=${path}/runs`,
  ]);
  expect(
    words({ kind: 'distill', settings: { data: 'uploads/tickets.csv', teacher: 'student:text-nano' } }),
  ).toContain('--teacher=student:text-nano');
  // Nobody can be asked about what a language model costs; other students and teachers know of no such question.
  expect(
    words({ kind: 'distill', settings: { data: 'uploads/tickets.csv', teacher: 'llm:x', maxCost: 1 } }),
  ).toContain('--yes');
});

const data = 'uploads/tickets.csv';
test.each([
  ['data outside', { data: 'away/secret.csv' }],
  ['data above', { data: '../secret.csv' }],
  ["the studio's own files", { data: '.studio/studio.db' }],
  ['a teacher outside', { data, teacher: 'local:/etc/passwd' }],
  ['a teacher above', { data, teacher: 'student:../elsewhere' }],
  ['a student outside', { data, student: '/etc/passwd' }],
  ['test data outside', { data, test: 'away/secret.csv' }],
  ['another folder of runs', { data, out: '/tmp' }],
  ['a setting that there is not', { data, shell: 'rm' }],
  ['a value that is none', { data, epochs: -1 }],
  ['no data', {}],
  ['a secret for a key', { data, teacher: 'llm:x', maxCost: 1, apiKeyEnv: 'PATH' }],
  [
    "the studio's token for a key",
    { data, teacher: 'llm:x', maxCost: 1, apiKeyEnv: 'TUTELAGE_STUDIO_TOKEN' },
  ],
  ['a bill without an end', { data, teacher: 'llm:x' }],
])('%s is refused', (_, settings) => {
  expect(() => words({ kind: 'distill', settings })).toThrow(expect.objectContaining({ name: 'UserError' }));
});

test('other orders that are refused', () => {
  expect(() => words({ kind: 'reproduce', claim: '--help' })).toThrow('no such claim');
  expect(() =>
    words({ kind: 'teach', method: 'cyclical-curriculum', data, parameters: { '--out': '/' } }),
  ).toThrow('not the name of');
  expect(() => words({ kind: 'resume', run: '../x' })).toThrow();
  expect(() => words({ kind: 'resume', run: 'absent' })).toThrow('no such file');
});

test('all settings that name a file are held inside the workspace', () => {
  const named = Object.entries(distillForm.shape).filter(([, type]) =>
    /\b(file|folder|FILE)\b/.test(type.description ?? ''),
  );
  const held = ['data', 'student', 'weights', 'teacher', 'labels', 'validation', 'test'];
  // The name is a word, and a limit on costs is of a folder that the studio chooses.
  expect(named.map(([name]) => name).filter((name) => name !== 'name' && name !== 'maxCost')).toEqual(held);
});
