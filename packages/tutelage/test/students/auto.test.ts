import { expect, test } from 'vitest';
import type { Trial } from '../../src/assessment/choice-schema.js';
import { chooseStudent, chosenOf, trialTable } from '../../src/students/auto.js';
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
  checkpointEvery: { seconds: 30 },
  threads: 1,
};

test('tries presets and says why it chose', async () => {
  const presets = [variant('short', 1), variant('long', 12)];
  const choice = await chooseStudent({ ...options, presets, seconds: 600, root: temporaryFolder() });
  expect(choice.trials.map(({ preset, finished }) => [preset, finished])).toEqual([
    ['short', true],
    ['long', true],
  ]);
  expect(choice.preset).toBe('long');
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

test('goes on where it was interrupted, to the same choice, and counts the time that was spent', async () => {
  const presets = [variant('short', 1), variant('long', 12)];
  const undisturbed = await chooseStudent({ ...options, presets, seconds: 600, root: temporaryFolder() });
  const root = temporaryFolder();
  const stop = new AbortController();
  const tried: string[] = [];
  const progress = {
    ...silent((done) => {
      if (tried.length === 2 && done === 20) stop.abort();
    }),
    say: (line: string) => void tried.push(line),
  };
  const again = { ...options, presets, root, progress, seconds: 600 };
  await expect(chooseStudent({ ...again, signal: stop.signal })).rejects.toThrow();
  tried.length = 0;
  const steps: number[] = [];
  const resumed = await chooseStudent({
    ...again,
    progress: { ...progress, step: (done: number) => void steps.push(done) },
  });
  expect(tried, 'the first preset is not tried anew').toEqual(['trying long']);
  expect(steps[0], 'nor the beginning of the second').toBe(21);
  const timeless = ({ preset, trials, reason }: typeof resumed) => [
    preset,
    reason,
    trials.map(({ preset: id, accuracy, finished }) => [id, accuracy, finished]),
  ];
  expect(timeless(resumed)).toEqual(timeless(undisturbed));
  const [short] = resumed.trials;
  const late = await chooseStudent({
    ...again,
    presets: [...presets, variant('third', 1)],
    seconds: short!.seconds,
  });
  expect(late.trials, 'trials that have ended count').toHaveLength(2);
  expect(late.untried).toEqual(['third']);
});

test('needs validation data', async () => {
  const validation = { inputs: [], classes: new Int32Array() };
  const choice = chooseStudent({ ...options, validation, presets: [textNano], seconds: 1, root: 'nowhere' });
  await expect(choice).rejects.toThrow('no validation data');
});
