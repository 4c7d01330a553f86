import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { covarGmm } from '../../src/curricula/covar-gmm.js';
import { learningProgress } from '../../src/curricula/learning-progress.js';
import type { MixtureTeacher } from '../../src/curricula/mixture-teacher.js';
import { alpGmm, alpGmmTeacher } from '../../src/methods/curricula/alp-gmm.js';
import { cubeLearner } from '../../src/tasks/toy-cubes.js';

const paper = alpGmm.method.params.parse({});
const settings = { ...paper, fitEvery: 50, most: 4 };

test('progress is 0 for the first six tasks, then the reward less that of the nearest earlier task', () => {
  const progress = learningProgress();
  const first = [0, 0.1, 0.2, 0.3, 0.4, 0.5].map((x) => progress([x], x));
  expect(first).toEqual([0, 0, 0, 0, 0, 0]);
  expect(progress([0.31], 0.9)).toBeCloseTo(0.6, 9);
  // The task before has joined the history, and is nearer than the one at 0.3.
  expect(progress([0.312], 0.2)).toBeCloseTo(-0.7, 9);
});

function teach(teacher: MixtureTeacher, reward: (task: readonly number[]) => number, episodes: number) {
  return Array.from({ length: episodes }, () => {
    const drawn = teacher.next(0);
    teacher.observe(drawn, reward(drawn.task));
    return drawn;
  });
}

test('the first window is random, then a fifth is', () => {
  const teacher = alpGmmTeacher(1, settings, random.key(1));
  const drawn = teach(teacher, ([x]) => x!, 1050);
  expect(drawn.slice(0, 50).every(({ component }) => component === 'random')).toBe(true);
  const later = drawn.slice(50).filter(({ component }) => component === 'random').length / 1000;
  expect(later).toBeGreaterThan(0.15);
  expect(later).toBeLessThan(0.25);
  expect(drawn.every(({ task }) => task[0]! >= 0 && task[0]! <= 1)).toBe(true);
});

test('tasks are drawn where rewards change, not where they stand still', () => {
  const teacher = alpGmmTeacher(1, settings, random.key(2));
  let episode = 0;
  const drawn = teach(teacher, ([x]) => (x! > 0.7 ? episode++ % 2 : 0.5), 1000);
  const chosen = drawn.slice(200).filter(({ component }) => component !== 'random');
  const inside = chosen.filter(({ task }) => task[0]! > 0.65).length / chosen.length;
  expect(inside).toBeGreaterThan(0.8);
});

test('signed progress leaves what is being forgotten alone, absolute progress does not', () => {
  const share = (signed: boolean) => {
    const teacher = alpGmmTeacher(1, { ...settings, signed }, random.key(3));
    let fallen = 1;
    const drawn = teach(
      teacher,
      ([x]) => {
        fallen *= 0.998;
        return x! < 0.3 ? fallen : 0.5;
      },
      600,
    );
    const chosen = drawn.slice(100).filter(({ component }) => component !== 'random');
    return chosen.filter(({ task }) => task[0]! < 0.35).length / chosen.length;
  };
  expect(share(false)).toBeGreaterThan(share(true) + 0.2);
});

test('Covar-GMM goes where rewards rise', () => {
  const teacher = covarGmm(1, 50, random.key(4));
  let risen = 0;
  const drawn = teach(
    teacher,
    ([x]) => {
      risen += 0.003;
      return x! > 0.6 ? Math.min(1, risen) : 0.5;
    },
    300,
  );
  const chosen = drawn.slice(50).filter(({ component }) => component !== 'random');
  expect(chosen.filter(({ task }) => task[0]! > 0.55).length / chosen.length).toBeGreaterThan(0.6);
});

test('a restored teacher goes on as the one that was saved', () => {
  const reward = ([x, y]: readonly number[]) => Math.round(10 * x! * y!) / 10;
  const teacher = alpGmmTeacher(2, settings, random.key(5));
  teach(teacher, reward, 130);
  const restored = alpGmmTeacher(2, settings, random.key(5));
  restored.restore(JSON.parse(JSON.stringify(teacher.state())));
  expect(teach(restored, reward, 70)).toEqual(teach(teacher, reward, 70));
});

test('cubes open one another, and are mastered above 0.75', () => {
  const learner = cubeLearner({ cells: 3, dimensions: 2 });
  expect(learner.attempt([0.5, 0.5])).toBe(0);
  for (let i = 0; i < 74; i++) learner.attempt([0, 0, 0.9]);
  expect(learner.attempt([0.5, 0.1])).toBe(0);
  expect(learner.attempt([0.1, 0.1])).toBe(0.75);
  expect(learner.mastered()).toBe(0);
  expect(learner.attempt([0.1, 0.1])).toBe(0.76);
  expect(learner.mastered()).toBeCloseTo(1 / 9, 12);
  // The cube across the corner is open too, one further away is not.
  expect(learner.attempt([0.5, 0.5])).toBe(0.01);
  expect(learner.attempt([1, 0])).toBe(0);
  for (let i = 0; i < 200; i++) learner.attempt([0, 0]);
  expect(learner.attempt([0, 0])).toBe(1);
});

test('who sees what can be learned masters everything in 76 episodes a cube', () => {
  const learner = cubeLearner({ cells: 4, dimensions: 2 });
  for (let i = 0; i < 16 * 76; i++) learner.attempt(learner.learnable()!);
  expect(learner.mastered()).toBe(1);
  expect(learner.learnable()).toBeUndefined();
});
