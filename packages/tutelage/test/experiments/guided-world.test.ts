import { expect, test } from 'vitest';
import { type GuidedWorldOptions, guidedWorld, type Help } from '../../src/experiments/guided-world.js';

const options: GuidedWorldOptions = {
  chain: { length: 2, modulus: 5, most: 2 },
  net: { width: 16, layers: 1, heads: 2, intermediate: 32 },
  pretraining: {
    short: 1,
    shortShare: 0.8,
    batchSize: 16,
    learningRate: 5e-3,
    checkEvery: 20,
    enough: 0.3,
    mostSteps: 400,
  },
  questions: 24,
  validation: 30,
  test: 40,
  samples: 8,
  policy: {
    questionsAStep: 8,
    groupSize: 4,
    clip: { low: 0.2, high: 0.2 },
    learningRate: 1e-3,
    steps: 10,
  },
};
const help: Help = { injection: 'adaptive', selection: 'comprehension', guides: 1, shaping: 0.1 };

test('a student that half can is taught by rewards, with help, from the same start each time', async () => {
  const own = await guidedWorld(options, 1);
  const before = await own.measure(own.base);
  expect(before.greedy).toBeGreaterThan(0.15);
  expect(before.formed).toBeGreaterThan(0.5);
  // The start knows one style.
  expect(before.styles).toBeLessThanOrEqual(1);

  const alone = await own.reinforce(own.base, { ...help, guides: 0, selection: 'first' });
  expect(Object.values(alone.used)).toEqual([0, 0, 0, 0]);
  const helped = await own.reinforce(own.base, help);
  const again = await own.reinforce(own.base, help);
  expect(Object.values(helped.used).reduce((a, b) => a + b)).toBeGreaterThan(0);
  expect(again.used).toEqual(helped.used);
  expect(again.model.params).toEqual(helped.model.params);
  expect(helped.model.params).not.toEqual(alone.model.params);
  expect(await own.measure(own.base)).toEqual(before);

  const { used } = await own.reinforce(own.base, { ...help, styles: ['skipping'] });
  expect(Object.keys(used)).toEqual(['skipping']);
});

test('imitation of all teachers works chains out in their styles', async () => {
  const policy = { ...options.policy, steps: 200 };
  const own = await guidedWorld({ ...options, questions: 72, policy }, 2);
  const { styles } = await own.measure(await own.imitate(own.base, 1e-2));
  expect(styles).toBeGreaterThan((await own.measure(own.base)).styles + 0.2);
});
