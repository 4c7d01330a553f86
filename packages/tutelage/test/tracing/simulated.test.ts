import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { mean } from '../../src/assessment/checks.js';
import {
  simulatedAnswers,
  simulatedLearner,
  simulatedSchool,
  synthetic5,
} from '../../src/tasks/simulated-learners.js';
import { assessTracing } from '../../src/tracing/assess.js';
import { bkt } from '../../src/tracing/bkt.js';
import { meansOf } from '../../src/tracing/means.js';
import { scoreAfterTasks } from '../../src/tracing/tutoring.js';
import { range, untilDone } from './support.js';

const key = random.key('simulated');
const made = simulatedSchool(synthetic5, key);
const options = { knownConcepts: true, sameOrder: false };
const { data, chance } = simulatedAnswers(made, 300, options, random.foldIn(key, 'learners'));
const tested = range(200, 300);

test('answers are right as often as their chances say, and nothing tells them better', async () => {
  expect(mean(data.response)).toBeCloseTo(mean(chance), 1);
  const ceiling = assessTracing(data, tested, chance.subarray(200 * 50));
  expect(ceiling.calibrationError).toBeLessThan(0.05);
  const split = { train: range(0, 200), validation: tested };
  for (const kind of [bkt(), meansOf('question')]) {
    const tracer = await kind.fit(data, split, { ...untilDone, seed: 1 });
    const { auc } = assessTracing(data, tested, await tracer.predict(data, tested));
    expect(auc).toBeLessThan(ceiling.auc);
  }
});

test('each learner answers every question once, in an order of its own, and the same again for the same key', () => {
  const again = simulatedAnswers(made, 300, options, random.foldIn(key, 'learners'));
  expect(again.data.response).toEqual(data.response);
  const orders = [0, 1].map((u) => data.question.subarray(u * 50, u * 50 + 50));
  expect(orders[0]).not.toEqual(orders[1]);
  expect(orders[0]!.toSorted()).toEqual(range(0, 50));
});

test('an answer teaches its concept, and no other', () => {
  const learner = simulatedLearner(made, 2, key);
  const before = learner.ability.slice();
  learner.answer(0);
  learner.ability.forEach((ability, k) => {
    expect(ability - before[k]!).toBeCloseTo(k === made.conceptOf[0] ? synthetic5.growth : 0, 5);
  });
});

test('a tutor that traces leaves learners better than chance does', async () => {
  const tracer = await bkt().fit(
    data,
    { train: range(0, 200), validation: tested },
    { ...untilDone, seed: 1 },
  );
  const lessons = { learners: 150, tasks: 30 };
  const scores = await Promise.all(
    ([tracer, 'random', 'random'] as const).map((tutor) => scoreAfterTasks(made, tutor, lessons, key)),
  );
  expect(scores[1]).toBe(scores[2]);
  expect(scores[0]).toBeGreaterThan(scores[1]!);
});
