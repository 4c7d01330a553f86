import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openCausalModel, saveCausalModel } from '../../src/language/causal-model.js';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { readOwnAbilities } from '../../src/own-data/own-abilities.js';
import { testFolder, userError } from '../tasks/folder.js';
import { tinyCausalModel } from '../tiny-causal-model.js';
import { teach } from './taught.js';

const folder = testFolder();
const things = Array.from({ length: 24 }, (_, i) => `thing${i}`);
const sets = {
  colours: things.map((thing, i) => ({ prompt: `colour of ${thing}`, answer: i % 2 ? 'red' : 'blue' })),
  sizes: things.map((thing, i) => ({ prompt: `size of ${thing}`, answer: `is ${i % 3}` })),
  talk: things.map((thing) => ({ prompt: `say ${thing}`, answer: 'very well then' })),
};
const tokenizer = trainWordLevel(
  Object.values(sets).flatMap((rows) => rows.flatMap(({ prompt, answer }) => [prompt, answer])),
  { vocabulary: 80 },
);

const setOf = (name: string, kind: string, scorer?: string) => ({
  name,
  kind,
  scorer,
  file: `${name}.jsonl`,
});
const allSets = [
  setOf('colours', 'special', 'exact'),
  setOf('sizes', 'special', 'number'),
  setOf('talk', 'general', 'nats'),
];
const plan = (changes: object = {}) =>
  folder.write('plan.json', JSON.stringify({ model: 'model', sets: allSets, ...changes }));

beforeAll(async () => {
  await saveCausalModel(tinyCausalModel(tokenizer, 1), join(folder.path, 'model'));
  for (const [name, rows] of Object.entries(sets)) {
    folder.write(`${name}.jsonl`, rows.map((row) => JSON.stringify(row)).join('\n'));
  }
});

const settings = { replay: '1/64, 1', epochs: 10, learningRate: 0.02, heldOut: 0.25, rows: 4, maxTokens: 16 };

test('own sets: every strategy is scored, and the smallest share that is enough is named', async () => {
  const out = join(folder.path, 'out');
  const { lines, said } = await teach('dual-stage-mixed-finetuning', plan(), settings, out);
  expect(lines.map((line) => line.split(':')[0])).toEqual([
    'untaught',
    'first stage',
    'no replay',
    'replay 1-64',
    'replay 1',
    'all together',
    'one after the other',
    'replay 1-64',
    'replay 1',
    expect.stringMatching(/share/),
    'students',
  ]);
  expect(said).toContain(`${1 / 64} of 18 is below 1 for set colours: 1 item is used`);
  expect(said.some((line) => line.startsWith('share of the tokens that are learned: colours'))).toBe(true);
  const scores = JSON.parse(readFileSync(join(out, 'abilities.json'), 'utf8'));
  expect(scores['no replay'].talk).toBeLessThan(scores['first stage'].talk);
  const ids = JSON.parse(readFileSync(join(out, 'replayed-1-64.json'), 'utf8'));
  expect(Object.keys(ids)).toEqual(['colours', 'sizes']);
  expect(ids.sizes).toHaveLength(1);
  expect((await openCausalModel(join(out, 'student-1'))).config.width).toBe(16);

  const again = await teach('dual-stage-mixed-finetuning', plan(), settings, out);
  expect(again.lines).toEqual(lines);
  expect(again.said.some((line) => line.startsWith('all together'))).toBe(false);
});

test.each(['balanced', 'hardest'])('items to learn again may be %s', async (sampler) => {
  const changes = { ...settings, sampler, epochs: 1, replay: '0.25', compare: 'replay' };
  const out = join(folder.path, sampler);
  const { lines } = await teach('dual-stage-mixed-finetuning', plan(), changes, out);
  expect(lines.some((line) => line.startsWith('all together'))).toBe(false);
  const ids = JSON.parse(readFileSync(join(out, 'replayed-1-4.json'), 'utf8'));
  expect(ids.colours).toHaveLength(5);
});

test('what can not be used is told', async () => {
  const message = async (changes: object) => (await userError(readOwnAbilities(plan(changes)))).message;
  expect(await message({ sets: allSets.slice(0, 1) })).toContain('only one data set given');
  expect(await message({ sets: allSets.slice(0, 2) })).toContain('no general set tagged');
  expect(await message({ sets: allSets.slice(2).concat(allSets.slice(2)) })).toContain(
    'no special set tagged',
  );
  expect(await message({ sets: [...allSets.slice(0, 2), setOf('talk', 'general')] })).toContain(
    'no scorer for ability talk',
  );
  expect(await message({ sets: [...allSets, allSets[0]] })).toContain('two sets have one name: colours');
  folder.write(
    'others.jsonl',
    sets.colours.map(({ prompt }) => JSON.stringify({ prompt, answer: 'green' })).join('\n'),
  );
  const conflict = await userError(
    readOwnAbilities(plan({ sets: [...allSets, { ...setOf('others', 'special', 'exact') }] })),
  );
  expect(conflict.message).toBe(
    'set colours and set others share 24 identical prompts with different answers',
  );
  expect(conflict.detail).toContain('"colour of thing0": "blue" and "green"');
});
