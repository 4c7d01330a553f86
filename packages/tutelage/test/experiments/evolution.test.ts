import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { evolutionLearner } from '../../src/experiments/evolution.js';
import { attempt, policySize } from '../../src/experiments/policy.js';
import { waveLearner } from '../../src/experiments/wave-learner.js';
import type { Environment } from '../../src/tasks/environments/environment.js';

const learner = () =>
  evolutionLearner({ size: 3, pairs: 8, spread: 0.1, learningRate: 0.1, key: random.key(1) });

test('weights climb to the top of a hill that is seen by its height alone, whatever is added to an exercise', () => {
  const { practise, weights } = learner();
  const top = [1, -2, 0.5];
  for (let i = 0; i < 1600; i++) {
    const bonus = i % 3;
    practise((own) => bonus - own.reduce((sum, x, j) => sum + (x - top[j]!) ** 2, 0), i / 1600);
  }
  expect([...weights]).toEqual(top.map((x) => expect.closeTo(x, 1)));
});

test('a pair is told by the mean of its scores, and scores without a difference teach nothing', () => {
  const { practise, weights } = learner();
  let call = 0;
  expect(practise(() => call++, 0)).toBe(0.5);
  const still = learner();
  for (let i = 0; i < 16; i++) still.practise(() => 1, 0);
  expect([...still.weights]).toEqual([0, 0, 0]);
  expect([...weights]).toEqual([0, 0, 0]);
});

/** A point that is moved by what the policy says and wants to get to 1. */
const line: Environment = {
  observations: 2,
  actions: 1,
  start([goal]) {
    let place = 0;
    let steps = 0;
    return {
      observe: (into) => into.set([1, place]),
      act([force]) {
        place += 0.1 * force!;
        return ++steps < 20 && place < goal!;
      },
      get score() {
        return Math.min(1, place / goal!);
      },
    };
  },
};

test('a policy acts by tanh of its weighted observations until the episode ends', () => {
  expect(policySize(line)).toBe(2);
  expect(attempt(line, Float64Array.of(0, 0), [1])).toBe(0);
  expect(attempt(line, Float64Array.of(9, 0), [1])).toBe(1);
  expect(attempt(line, Float64Array.of(-1, 0), [1])).toBeCloseTo(-2 * Math.tanh(1), 9);
});

test('a net learns waves, not random labels', async () => {
  const wave = waveLearner(random.key(2));
  const [slow, noise] = [
    [0, 0.3],
    [0, 0.9],
  ] as const;
  const first = await wave.practise(slow);
  for (let i = 0; i < 200; i++) await wave.practise(i % 2 ? slow : noise);
  expect(await wave.practise(slow)).toBeGreaterThan(first + 0.3);
  expect(await wave.practise(noise)).toBeLessThan(0.4);
  expect(await wave.assess([slow, slow])).toBeGreaterThan(first + 0.3);
  await wave.dispose();
});
