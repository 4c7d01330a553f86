import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSession, tensor } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { questionnaireWorld } from '../../src/experiments/questionnaire-world.js';
import { readQuestionnaire } from '../../src/tasks/questionnaires/read-questionnaire.js';
import { testFolder, userError } from '../tasks/folder.js';
import { teach } from './taught.js';

const folder = testFolder();
const { data } = questionnaireWorld({ learners: 160, difficulties: 6, supports: 8, traits: 2 }, 3);
const features = data.features.map(({ name }) => name);
const supports = data.supports.map(({ name }) => name);

type Cells = (string | number)[];
/** The learners' table, one of whom says the same everywhere. */
function table(change: (cells: Cells, row: number) => Cells = (cells) => cells): string {
  const lines = data.learners.map((learner, row) => {
    const own = [...data.answers.subarray(row * 6, row * 6 + 6)];
    const ratings = [...data.ratings.subarray(row * 8, row * 8 + 8)];
    const said = row === 5 ? own.map(() => 3) : own;
    return change([learner, ...said, ...ratings], row).join(',');
  });
  return folder.write('answers.csv', [['id', ...features, ...supports].join(','), ...lines].join('\n'));
}

const scale = { low: 0, high: 5 };
const plan = (changes: object = {}) =>
  folder.write(
    'plan.json',
    JSON.stringify({
      table: 'answers.csv',
      id: 'id',
      features: features.map((column) => ({ column, ...scale })),
      supports: supports.map((column, k) => ({ column, ...scale, kind: k < 4 ? 'tool' : 'strategy' })),
      missing: ['never'],
      ...changes,
    }),
  );

const neverUsed = (cells: Cells, row: number): Cells =>
  cells.map((cell, i) => (i === 8 && row % 4 === 0 ? 'never' : i === 2 && row % 7 === 0 ? '' : cell));

test('own questionnaires: plans, reliability and a model', async () => {
  table(neverUsed);
  const out = join(folder.path, 'out');
  const { lines, said } = await teach('vrailexia', plan(), { plan: 2, refuse: 0.5 }, out);
  expect(lines[0]).toMatch(/^159 learners, \d supports: /);
  expect(said).toContain('warning: 1 learners gave the same answer to everything, and are left out');
  const plans = readFileSync(join(out, 'plans.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(plans).toHaveLength(159);
  for (const { supports: advised } of plans) {
    expect(advised.length).toBeLessThanOrEqual(4);
    for (const { chance, because } of advised) {
      expect(chance).toBeGreaterThan(0);
      expect(chance).toBeLessThan(1);
      expect(because).toHaveLength(3);
    }
  }
  expect(readFileSync(join(out, 'plans.txt'), 'utf8')).toContain('No diagnosis');
  const sheet = JSON.parse(readFileSync(join(out, 'data-sheet.json'), 'utf8'));
  expect(sheet['never used']['support 1']).toBeCloseTo(0.25, 1);
  const inputs = JSON.parse(readFileSync(join(out, 'inputs.json'), 'utf8'));
  expect(inputs.names).toContain('no answer to: difficulty 1');
  const session = await openSession(join(out, 'model.onnx'), { threads: 1 });
  const { chances } = await session.run({
    answers: tensor(new Float32Array(inputs.names.length), [1, inputs.names.length]),
  });
  expect(chances!.shape).toEqual([1, inputs.supports.length]);
  await session.dispose();
});

test.each([{ family: 'net' }, { corrected: true, balanced: true, similarity: 'cosine' }])(
  'other ways: %o',
  async (settings) => {
    table();
    const { lines } = await teach('vrailexia', plan(), { folds: 2, ...settings }, join(folder.path, 'other'));
    expect(lines).toHaveLength(4);
  },
);

test('what can not be used is told', async () => {
  const fault = async (changes: object = {}, checks: object = {}) => {
    const read = readQuestionnaire(plan(changes)).then((ready) =>
      ready({ few: false, personal: false, ...checks }),
    );
    const { message, detail } = await userError(read);
    return `${message}|${detail ?? ''}`;
  };
  table();
  const [first] = features;
  expect(await fault({ supports: [{ column: first, ...scale, kind: 'tool' }] })).toContain(
    'a support is among the features: difficulty 0',
  );
  expect(await fault({ supports: [{ column: 'diagnosis', ...scale, kind: 'tool' }] })).toContain(
    'does not tell diagnoses',
  );
  expect(await fault({ id: 'name' })).toContain('no such column: name');
  expect(await fault({ protected: [first] })).toContain('a protected attribute is among the features');
  expect(await fault({ threshold: 9 })).toContain('no support has learners of both kinds');
  table((cells, row) => cells.map((cell, i) => (i === 1 && row === 6 ? 9 : cell)));
  expect(await fault()).toBe('answer off its scale: 9|row 8, column difficulty 0: from 0 to 5');
  table((cells, row) => cells.map((cell, i) => (i === 1 && row === 6 ? 'unsure' : cell)));
  expect(await fault()).toContain('unknown code for a missing answer: "unsure"');
  table((cells, row) => (row === 9 ? ['learner 2', ...cells.slice(1)] : cells));
  expect(await fault()).toContain('the same learner twice: "learner 2"|in rows 4 and 11');
  table((cells) => cells.map((cell, i) => (i === 1 ? 2 : cell)));
  expect(await fault()).toContain('all answers are the same: difficulty 0');
  table((cells, row) => cells.map((cell, i) => (i === 1 && row % 2 === 0 ? '' : cell)));
  expect(await fault()).toContain('more than 40 % of the answers are missing: difficulty 0');
  folder.write('answers.csv', `${['id', ...features, ...supports].join(',')}\nonly,${'1,'.repeat(13)}1`);
  expect(await fault()).toContain('fewer than 100 learners: 1');
});
