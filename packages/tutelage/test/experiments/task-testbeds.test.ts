import { expect, test } from 'vitest';
import { anything, oracle } from '../../src/experiments/task-teachers.js';
import { cubesTestbed, policyTestbed, wavesTestbed } from '../../src/experiments/task-testbeds.js';
import type { Environment } from '../../src/tasks/environments/environment.js';

const options = (episodes: number) => ({ episodes, signal: new AbortController().signal });

test('cubes are mastered by who sees what can be learned, and chance is told apart', async () => {
  const cubes = cubesTestbed({ cells: 3, dimensions: 2 });
  expect(await cubes(oracle, 1, options(9 * 76))).toMatchObject({ value: 1 });
  const random = await cubes(anything, 1, options(200));
  expect(random).toEqual(await cubes(anything, 1, options(200)));
  expect(random).toMatchObject({ value: 0, figures: { 'tasks in the far half': expect.closeTo(0.5, 0) } });
});

test('waves are scored on tasks that can be learned, and tasks that can not are counted', async () => {
  const before = await wavesTestbed(anything, 1, options(1));
  const after = await wavesTestbed(anything, 1, options(400));
  if (typeof before === 'number' || typeof after === 'number') throw new Error('no figures');
  expect(after.value).toBeGreaterThan(before.value);
  expect(after.figures['unlearnable tasks']).toBeCloseTo(0.4, 1);
});

/** One step: the goal is reached where the action is above the task's height. */
const step: Environment = {
  observations: 1,
  actions: 1,
  start([height]) {
    let score = 0;
    return {
      observe: (into) => into.fill(1),
      act([action]) {
        score = Math.min(1, Math.max(0, (1 + action!) / (1 + height!)));
        return false;
      },
      get score() {
        return score;
      },
    };
  },
};

test('a policy is tried on fixed tasks near the end', async () => {
  const settings = { pairs: 4, spread: 0.3, learningRate: 0.2, tasks: 20, trials: 2 };
  const bed = policyTestbed(step, 1, settings);
  const short = await bed(anything, 1, options(4));
  const long = await bed(anything, 1, options(400));
  if (typeof short === 'number' || typeof long === 'number') throw new Error('no figures');
  expect(long.value).toBeGreaterThan(short.value);
  expect(long.figures['mean way']).toBeGreaterThan(short.figures['mean way']!);
  expect(long.figures['tasks in the far half']).toBeCloseTo(0.5, 1);
});
