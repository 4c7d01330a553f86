import { expect, test } from 'vitest';
import { chooseStudent, chosenOf, type Trial, trialTable } from '../../src/students/auto.js';
import type { ClassifierPreset } from '../../src/students/classifier.js';
import { textNano } from '../../src/students/text-nano.js';
import { labels, lessons, silent, temporaryFolder } from './helpers.js';

const trial = (preset: string, accuracy: number, bytes: number): Trial => ({
  preset,
  accuracy,
  bytes,
  milliseconds: 1,
  seconds: 1,
  finished: true,
});

test('chooses the smallest within half a point of the best', () => {
  const large = trial('large', 0.92, 100);
  expect(chosenOf([trial('small', 0.915, 10), trial('middle', 0.93, 50), large]).preset).toBe('middle');
  expect(chosenOf([trial('small', 0.915, 10), large]).preset).toBe('small');
  expect(chosenOf([trial('small', 0.9149, 10), large]).preset).toBe('large');
  expect(chosenOf([trial('small', 0.91, 10), trial('middle', 0.914, 50)]).preset).toBe('small');
});

/** A preset with another plan under another name. */
const variant = (id: string, epochs: number): ClassifierPreset<string> => ({
  ...textNano,
  id,
  async create(texts, names, key) {
    const student = await textNano.create(texts, names, key);
    return { ...student, preset: id, plan: { ...student.plan, epochs, batchSize: 16 } };
  },
});

const options = {
  labels,
  lessons: lessons(96, 1),
  validation: lessons(48, 2),
  distillation: { temperature: 1, weight: 0 },
  seed: 1,
  progress: silent(),
  threads: 1,
};

test('tries presets and says why it chose', async () => {
  const presets = [variant('short', 1), variant('long', 12)];
  const choice = await chooseStudent({ ...options, presets, seconds: 600, root: temporaryFolder() });
  expect(choice.trials.map(({ preset, finished }) => [preset, finished])).toEqual([
    ['short', true],
    ['long', true],
  ]);
  expect(choice.student.preset).toBe('long');
  expect(choice.reason).toMatch(/^long has the best validation accuracy: \d+\.\d %$/);
  expect(trialTable(choice)).toMatch(/^preset .*\nshort .*\nlong .*$/);
});

test('leaves out what there is no time for, but never the first', async () => {
  const presets = [variant('first', 3), variant('second', 3)];
  const choice = await chooseStudent({ ...options, presets, seconds: 0, root: temporaryFolder() });
  expect(choice.trials).toMatchObject([{ preset: 'first', finished: true }]);
  expect(choice.untried).toEqual(['second']);
  expect(choice.reason).toBe('first: there was time for one preset only');
  expect(trialTable(choice)).toContain('no time');
});

test('needs validation data', async () => {
  const validation = { inputs: [], classes: new Int32Array() };
  const choice = chooseStudent({ ...options, validation, presets: [textNano], seconds: 1, root: 'nowhere' });
  await expect(choice).rejects.toThrow('no validation data');
});
