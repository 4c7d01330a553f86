import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { covarGmm } from '../../src/curricula/covar-gmm.js';
import { learningProgress, noiseFloor } from '../../src/curricula/learning-progress.js';
import { riac } from '../../src/curricula/riac.js';
import { slidingWindow } from '../../src/curricula/sliding-window.js';
import { randomTasks, type TaskTeacher } from '../../src/curricula/task-teacher.js';
import { alpGmm, alpGmmTeacher } from '../../src/methods/curricula/alp-gmm.js';
import { cubeLearner } from '../../src/tasks/toy-cubes.js';

const { episodes: _, repeats: __, mastered: ___, ...paper } = alpGmm.method.params.parse({});
const settings = { ...paper, fitEvery: 50, most: 4 };

test('progress is 0 for the first six tasks, then the reward less that of the nearest earlier task', () => {
  const progress = learningProgress(1, 0);
  const first = [0, 0.1, 0.2, 0.3, 0.4, 0.5].map((x) => progress([x], x));
  expect(first).toEqual([0, 0, 0, 0, 0, 0]);
  expect(progress([0.31], 0.9)).toBeCloseTo(0.6, 9);
  // The task before has joined the history, and is nearer than the one at 0.3.
  expect(progress([0.312], 0.2)).toBeCloseTo(-0.7, 9);
});

test('a short history forgets its oldest tasks', () => {
  const progress = learningProgress(1, 6);
  for (const x of [0, 0.1, 0.2, 0.3, 0.4, 0.5]) progress([x], x);
  expect(progress([0], 1)).toBe(1);
  // 0.1 has made room for the second 0.01; what is nearest to 0.1 now is 0.2.
  expect(progress([0.01], 0)).toBe(-1);
  expect(progress([0.12], 0.7)).toBeCloseTo(0.5, 9);
});

function teach(teacher: TaskTeacher, reward: (task: readonly number[]) => number, episodes: number) {
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
    const teacher = alpGmmTeacher(1, { ...settings, signal: signed ? 'gain' : 'alp' }, random.key(3));
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
  const teacher = covarGmm(1, { window: 50, absolute: false }, random.key(4));
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

test.each([
  ['RIAC', () => riac(2, { asReleased: false }, random.key(6))],
  ['RIAC as released', () => riac(2, { asReleased: true }, random.key(6))],
  [
    'a sliding window',
    () => slidingWindow({ step: [0.1, -0.1], size: 0.2, every: 5, above: 0.1, key: random.key(6) }),
  ],
  ['tasks at random', () => randomTasks(2, random.key(6))],
])('%s goes on as saved, within the box', (_, make) => {
  const reward = ([x, y]: readonly number[]) => Math.round(10 * x! * y!) / 10;
  const teacher = make();
  const drawn = teach(teacher, reward, 530);
  expect(drawn.flatMap(({ task }) => task).every((x) => x >= 0 && x <= 1)).toBe(true);
  const restored = make();
  restored.restore(JSON.parse(JSON.stringify(teacher.state())));
  expect(teach(restored, reward, 70)).toEqual(teach(teacher, reward, 70));
});

test('RIAC goes where rewards rise or fall', () => {
  const teacher = riac(1, { asReleased: false }, random.key(7));
  let risen = 0;
  const drawn = teach(
    teacher,
    ([x]) => {
      risen += 0.001;
      return x! > 0.7 ? Math.min(1, risen) : 0.5;
    },
    1200,
  );
  const later = drawn.slice(600).filter(({ component }) => component !== 'random');
  expect(later.filter(({ task }) => task[0]! > 0.65).length / later.length).toBeGreaterThan(0.5);
});

test('a sliding window waits for good rewards, moves by its step, and stops in the far corner', () => {
  const window = (above: number) =>
    slidingWindow({ step: [0.3, -0.3], size: 0.2, every: 10, above, key: random.key(8) });
  const spans = (tasks: readonly { readonly task: readonly number[] }[]) =>
    [0, 1].map((i) => Math.floor(Math.min(...tasks.map(({ task }) => task[i]!)) * 10) / 10);
  expect(spans(teach(window(1), () => 1, 100))).toEqual([0, 0.8]);
  const moving = teach(window(0.5), () => 1, 100);
  expect(spans(moving.slice(0, 10))).toEqual([0, 0.8]);
  expect(spans(moving.slice(10, 20))).toEqual([0.3, 0.5]);
  expect(spans(moving.slice(50))).toEqual([0.8, 0]);
});

test('tasks out of bounds are clamped, or drawn anew', () => {
  const onFaces = (redraws: number) => {
    const teacher = alpGmmTeacher(1, { ...settings, redraws }, random.key(9));
    let episode = 0;
    const drawn = teach(teacher, ([x]) => (x! > 0.7 ? episode++ % 2 : 0.5), 600);
    return drawn.filter(({ task }) => task[0] === 1).length;
  };
  expect(onFaces(0)).toBeGreaterThan(2);
  expect(onFaces(10)).toBe(0);
});

test('the noise floor is the mean distance of two noisy scores', () => {
  const noise = new Float32Array(20_000);
  random.fillNormal(noise, random.key(10));
  const distances = Array.from(
    { length: 10_000 },
    (_, i) => Math.abs(noise[2 * i]! - noise[2 * i + 1]!) * 0.1,
  );
  expect(distances.reduce((sum, one) => sum + one, 0) / 10_000).toBeCloseTo(noiseFloor(0.1), 2);
});

test('cubes are forgotten from some attempt on, but for the one that is practised', () => {
  const learner = cubeLearner({ cells: 2, dimensions: 1, forgetting: { after: 80, loss: 0.5 } });
  for (let i = 0; i < 80; i++) learner.attempt([0]);
  expect(learner.mastered()).toBe(0.5);
  for (let i = 0; i < 10; i++) learner.attempt([1]);
  expect(learner.mastered()).toBe(0);
  expect(learner.attempt([0])).toBeCloseTo(0.76, 9);
});

test('nothing is learned in hopeless cells', () => {
  const learner = cubeLearner({ cells: 2, dimensions: 1, hopeless: 0.5 });
  for (let i = 0; i < 80; i++) learner.attempt([0]);
  expect(learner.attempt([1])).toBe(0);
  expect(learner.learnable()).toBeUndefined();
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
