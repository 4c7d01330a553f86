import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileSystem, writeTaughtRecord } from 'tutelage/runs';
import { expect, test } from 'vitest';
import {
  shownFileSchema,
  studentSchema,
  studentsSchema,
  taughtListSchema,
  taughtSchema,
} from '../../src/api/index.js';
import { makeRun } from '../support/runs.js';
import { testStudio } from '../support/studio.js';

const { ask, folder, write } = testStudio();
const json = async (path: string) => (await ask('GET', path)).json;

const encoder = {
  format: 'tutelage-student',
  version: 1,
  tutelage: '0.1.0',
  kind: 'retriever',
  preset: 'text-nano',
  width: 8,
  featurizer: { kind: 'hashed-ngrams', config: {} },
  files: { model: 'model.onnx', featurizer: [] },
};
/** Files of a student, as a method ships it. */
function writeStudent(path: string): void {
  mkdirSync(join(folder, path), { recursive: true });
  write(`${path}/student.json`, JSON.stringify(encoder));
  write(`${path}/model.onnx`, 'weights');
}

writeStudent('taught/cprd/query-student');
writeStudent('taught/cprd/passage-student');
writeStudent('taught/tas-balanced/student');
write('taught/tas-balanced/topics.tsv', 'topic\tqueries\n1\t"card, ""loan"""\n2\tpin\n');
write('taught/tas-balanced/kept.jsonl', '{"id":"a","grade":2}\n{"id":"b","passages":[1]}\n');
write('taught/tas-balanced/trials/outcomes.jsonl', '{}');
write('taught/tas-balanced/weights/model.onnx', 'weights');
write('taught/tas-balanced/report.json', '{"verdict":1}');
write('taught/tas-balanced/rows.json', '[{"arm":"a"}]');
write(
  'taught/tas-balanced/map.svg',
  '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
);
write('secret.json', '[{"key":"secret"}]');
symlinkSync(join(folder, 'secret.json'), join(folder, 'taught/tas-balanced/link.json'));
mkdirSync(join(folder, 'taught', 'begun'));
writeTaughtRecord(nodeFileSystem, join(folder, 'taught', 'tas-balanced'), {
  method: 'tas-balanced',
  data: '/data/collection',
  settings: { steps: 20 },
  seed: 1,
  lines: ['taught: 0.600', 'alone: 0.500'],
  isWhole: false,
  ended: '2026-01-01T00:00:00.000Z',
});
const run = makeRun(folder, { name: 'a run' });

test('what methods have written is listed, with what they said of it', async () => {
  const { taught } = taughtListSchema.parse(await json('/api/taught'));
  expect(taught.map(({ id }) => id).sort()).toEqual(['cprd', 'tas-balanced']);
  const one = taughtSchema.parse(await json('/api/taught/tas-balanced'));
  expect(one).toMatchObject({
    method: 'tas-balanced',
    data: '/data/collection',
    isWhole: false,
    lines: ['taught: 0.600', 'alone: 0.500'],
    settings: { steps: 20 },
    students: ['taught:tas-balanced:student'],
  });
  expect(one.files.map(({ path }) => path)).toEqual([
    'kept.jsonl',
    'map.svg',
    'report.json',
    'rows.json',
    'topics.tsv',
    'weights/model.onnx',
  ]);
  expect(taughtSchema.parse(await json('/api/taught/cprd'))).toMatchObject({ lines: [], settings: {} });
  for (const id of ['begun', 'absent', '..', '..%2Fruns']) {
    expect((await ask('GET', `/api/taught/${id}`)).status, id).toBe(404);
  }
});

test.each([
  [
    'topics.tsv',
    ['topic', 'queries'],
    [
      ['1', 'card, "loan"'],
      ['2', 'pin'],
    ],
  ],
  [
    'kept.jsonl',
    ['id', 'grade', 'passages'],
    [
      ['a', '2', ''],
      ['b', '', '[1]'],
    ],
  ],
  ['rows.json', ['arm'], [['a']]],
])('%s is shown as a table', async (name, columns, rows) => {
  const shown = shownFileSchema.parse(await json(`/api/taught/tas-balanced/shown/${name}`));
  expect(shown).toEqual({ kind: 'table', columns, rows, isCut: false });
});

test('of a long file the beginning is shown, in whole lines; what is no table is text', async () => {
  const text = shownFileSchema.parse(await json('/api/taught/tas-balanced/shown/report.json'));
  expect(text).toEqual({ kind: 'text', text: '{"verdict":1}', isCut: false });
  write('taught/cprd/long.jsonl', '{"a":1}\n'.repeat(40_000));
  write('taught/cprd/long.txt', 'one line\n'.repeat(40_000));
  const table = shownFileSchema.parse(await json('/api/taught/cprd/shown/long.jsonl'));
  expect(table).toMatchObject({ kind: 'table', isCut: true });
  expect('rows' in table && table.rows).toHaveLength(200);
  const long = shownFileSchema.parse(await json('/api/taught/cprd/shown/long.txt'));
  expect(long).toMatchObject({ kind: 'text', isCut: true, text: expect.stringMatching(/one line\n$/) });
});

test('files can be saved; none is reached outside, and none runs a script', async () => {
  const files = '/api/taught/tas-balanced/files';
  const model = await ask('GET', `${files}/weights/model.onnx?download=1`);
  expect([model.status, model.text]).toEqual([200, 'weights']);
  expect(model.headers.get('content-disposition')).toContain("UTF-8''model.onnx");
  const picture = await ask('GET', `${files}/map.svg`);
  expect(picture.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
  for (const path of ['../../secret.json', '..%2F..%2Fsecret.json', 'link.json', '.hidden']) {
    for (const kind of ['files', 'shown']) {
      const { status, text } = await ask('GET', `/api/taught/tas-balanced/${kind}/${path}`);
      expect([403, 404, 415], `${kind} ${path}`).toContain(status);
      expect(text).not.toContain('secret"}');
    }
  }
  expect((await ask('GET', '/api/taught/tas-balanced/shown/student/model.onnx')).status).toBe(415);
});

test('its students are among the students, and encoders of two sides know each other', async () => {
  const { students } = studentsSchema.parse(await json('/api/students'));
  expect(students.map(({ id }) => id).sort()).toEqual([
    'taught:cprd:passage-student',
    'taught:cprd:query-student',
    'taught:tas-balanced:student',
  ]);
  const query = studentSchema.parse(await json('/api/students/taught:cprd:query-student'));
  expect(query).toMatchObject({
    origin: { kind: 'taught', id: 'cprd' },
    folder: 'taught/cprd/query-student',
    kind: 'retriever',
    partner: { side: 'passage', id: 'taught:cprd:passage-student' },
  });
  const file = await ask('GET', '/api/students/taught%3Acprd%3Aquery-student/files/model.onnx');
  expect(file.text).toBe('weights');
  for (const id of ['taught:cprd', 'taught:..:runs', 'taught:cprd:..:cprd', 'taught:', run]) {
    expect([403, 404], id).toContain((await ask('GET', `/api/students/${id}`)).status);
  }
});
