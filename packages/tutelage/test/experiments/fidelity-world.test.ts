import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { plainDistillation } from '../../src/experiments/fidelity-arms.js';
import { type FidelityLesson, fidelityWorld } from '../../src/experiments/fidelity-world.js';
import { isSumTrace, sumItems, sumTrace } from '../../src/tasks/verifiable/running-sums.js';

test('running sums from both ends have one answer, and differences another', () => {
  const digits = [3, 7, 1, 0, 5];
  expect([...sumTrace(digits, 'left')]).toEqual([3, 2, 3, 3, 0]);
  expect([...sumTrace(digits, 'right')]).toEqual([5, 5, 6, 5, 0]);
  expect([...sumTrace(digits, 'left', true)]).toEqual([3, 4, 3, 3, 6]);
  expect(isSumTrace(digits, [5, 5, 6, 5, 0])).toBe(true);
  expect(isSumTrace(digits, [3, 2, 6, 5, 0])).toBe(false);
});

test('items have their shares of dialects and of noise', () => {
  const clean = sumItems(2000, { left: 0.7, noise: 0 }, random.key(1));
  expect(clean.every(({ digits, trace }) => isSumTrace(digits, trace))).toBe(true);
  const left = clean.filter(({ digits, trace }) => trace.join() === sumTrace(digits, 'left').join());
  expect(left.length / 2000).toBeCloseTo(0.7, 1);
  const noisy = sumItems(2000, { left: 1, noise: 0.5 }, random.key(1));
  const kept = noisy.flatMap(({ digits, trace }) => {
    const right = sumTrace(digits, 'left');
    return [...trace].map((digit, t) => Number(digit === right[t]));
  });
  // Half of the steps, and an eighth of the others by chance.
  expect(kept.reduce((a, b) => a + b) / kept.length).toBeCloseTo(0.5 + 0.5 / 8, 1);
});

const options = {
  embedding: 8,
  gold: { items: 600, left: 0.1 },
  teacher: { width: 48, items: 2000, left: 0.9, passes: 8, learningRate: 5e-3 },
  noise: 0.1,
  passes: 20,
  learningRate: 5e-3,
  batchSize: 25,
  test: 200,
};

test('answers are learned from the solutions, the way to them from the teacher alone', async () => {
  const world = await fidelityWorld(options, 1);
  const { signal } = new AbortController();
  const reached = async (lesson: Partial<FidelityLesson>) =>
    world.assess(await world.teach(24, { ...plainDistillation, ...lesson }, signal));
  expect(await world.assess(world.teacher)).toMatchObject({ agreement: 1, fidelity: 1 });
  const steps = await reached({ loss: 'steps' });
  expect(steps.accuracy).toBeGreaterThan(0.5);
  expect(steps.fidelity).toBeLessThan(0.1);
  const text = await reached({ loss: 'steps', text: 'teacher' });
  expect(text.fidelity).toBeGreaterThan(0.6);
  const own = await reached({ loss: 'jensen-shannon', text: 'half own' });
  expect(own.fidelity).toBeGreaterThan(steps.fidelity + 0.3);
  const untaught = await reached({ untaught: true });
  expect(untaught.accuracy).toBeLessThan(steps.accuracy);
  expect(await reached({ loss: 'steps' })).toEqual(steps);
  await world.dispose();
});
