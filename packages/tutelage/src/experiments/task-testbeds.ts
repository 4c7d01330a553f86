import { random } from '@tutelage/engine';
import type { Arm, Measured } from '../core/claim.js';
import { uniforms } from '../curricula/task-teacher.js';
import type { Environment } from '../tasks/environments/environment.js';
import { type CubeOptions, cubeLearner } from '../tasks/toy-cubes.js';
import { evolutionLearner } from './evolution.js';
import { attempt, policySize } from './policy.js';
import type { MakeTeacher } from './task-teachers.js';
import { isWaveLearnable, waveLearner } from './wave-learner.js';

/*
 * Learners on which teachers of tasks are compared. Each measures what was learned on tasks that the teacher did not choose.
 */

type Task = readonly number[];
type Teacher = ReturnType<MakeTeacher>;

/** Has a learner taught by a teacher for some episodes. */
export type Testbed = (
  make: MakeTeacher,
  seed: number,
  options: { readonly episodes: number; readonly signal: AbortSignal },
) => Promise<Measured>;

const knowsNothing = () => undefined;
const turnEvery = 25;

/**
 * Episode after episode, a task is chosen, practised, and its reward told.
 *
 * @returns the tasks
 */
async function practise(
  teacher: Teacher,
  practice: (task: Task, episode: number) => number | Promise<number>,
  { episodes, signal }: { readonly episodes: number; readonly signal: AbortSignal },
): Promise<Task[]> {
  const tasks: Task[] = [];
  while (tasks.length < episodes && !signal.aborted) {
    const drawn = teacher.next(tasks.length / episodes);
    teacher.observe(drawn, await practice(drawn.task, tasks.length));
    tasks.push(drawn.task);
    // The event loop gets a turn now and then, so that an interruption is heard.
    if (tasks.length % turnEvery === 0) await new Promise(setImmediate);
  }
  return tasks;
}

/** Arms of a claim that differ in testbed and teacher. */
export const armsWith =
  (episodes: number) =>
  (id: string, title: string, testbed: Testbed, make: MakeTeacher): Arm => ({
    id,
    title,
    run: (seed, signal) => testbed(make, seed, { episodes, signal }),
  });

const shareOf = (tasks: readonly Task[], belongs: (task: Task) => boolean) =>
  tasks.filter(belongs).length / tasks.length;

/**
 * The toy space of cubes that open one another, without a net. Its value is the share of cubes mastered.
 *
 * @param noise standard deviation of what is added to rewards
 */
export function cubesTestbed({ noise = 0, ...space }: CubeOptions & { readonly noise?: number }): Testbed {
  return async (make, seed, options) => {
    const learner = cubeLearner(space);
    const noises = new Float32Array(options.episodes);
    random.fillNormal(noises, random.foldIn(random.key(seed), 'noise'));
    const teacher = make(random.key(seed), learner.learnable);
    const practice = (task: Task, episode: number) => learner.attempt(task) + noise * noises[episode]!;
    const tasks = await practise(teacher, practice, options);
    const far = shareOf(tasks, ([x]) => x! >= 1 / 2);
    return { value: learner.mastered(), figures: { 'tasks in the far half': far } };
  };
}

const waveTasks = 200;

/** A net that learns waves, where two fifths of the tasks can't be learned. Its value is the mean score on fixed tasks that can. */
export const wavesTestbed: Testbed = async (make, seed, options) => {
  const learner = waveLearner(random.key(seed));
  try {
    const tasks = await practise(make(random.key(seed), knowsNothing), learner.practise, options);
    const key = random.key('waves');
    const fixed = Array.from({ length: 3 * waveTasks }, (_, i) => [...uniforms(random.foldIn(key, i), 2)]);
    const value = await learner.assess(fixed.filter(isWaveLearnable).slice(0, waveTasks));
    return { value, figures: { 'unlearnable tasks': shareOf(tasks, (task) => !isWaveLearnable(task)) } };
  } finally {
    await learner.dispose();
  }
};

export interface PolicyOptions {
  readonly pairs: number;
  readonly spread: number;
  readonly learningRate: number;
  /** Fixed tasks on which the policy is tried without learning. */
  readonly tasks: number;
  /** How often it is tried in the last fifth of the episodes: the value is the mean, since single policies differ much. */
  readonly trials: number;
}

/** A linear policy in a world, taught by an evolution strategy. Its value is the share of fixed tasks whose goal it reaches. */
export function policyTestbed(
  environment: Environment,
  dimensions: number,
  { tasks: count, trials, ...evolution }: PolicyOptions,
): Testbed {
  return async (make, seed, options) => {
    const key = random.key(seed);
    const learner = evolutionLearner({
      ...evolution,
      size: policySize(environment),
      key: random.foldIn(key, 'learner'),
    });
    const fixed = Array.from({ length: count }, (_, i) => [
      ...uniforms(random.foldIn(random.key('tracks'), i), dimensions),
    ]);
    const scores: number[] = [];
    const every = Math.max(1, Math.floor(options.episodes / 5 / trials));
    const tasks = await practise(
      make(key, knowsNothing),
      (task, episode) => {
        const reward = learner.practise(
          (weights) => attempt(environment, weights, task),
          episode / options.episodes,
        );
        const left = options.episodes - 1 - episode;
        if (left % every === 0 && left / every < trials) {
          for (const one of fixed) scores.push(attempt(environment, learner.weights, one));
        }
        return reward;
      },
      options,
    );
    const mean = scores.reduce((sum, one) => sum + one, 0) / scores.length;
    const value = scores.filter((score) => score === 1).length / scores.length;
    return {
      value,
      figures: { 'mean way': mean, 'tasks in the far half': shareOf(tasks, ([x]) => x! >= 1 / 2) },
    };
  };
}
