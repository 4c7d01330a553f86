import type { random } from '@tutelage/engine';
import { covarGmm } from '../curricula/covar-gmm.js';
import { riac } from '../curricula/riac.js';
import { type SlidingWindowOptions, slidingWindow } from '../curricula/sliding-window.js';
import { randomTasks, type TaskTeacher } from '../curricula/task-teacher.js';

/** Makes a teacher. `oracle` knows a task that can be learned now, if there is one: for baselines that cheat. */
export type MakeTeacher = (
  key: random.Key,
  oracle: () => readonly number[] | undefined,
) => Pick<TaskTeacher, 'next' | 'observe'>;

/*
 * Baselines for tasks of two parameters, which hold for any claim on a teacher of tasks.
 */

/** Tasks at random. */
export const anything: MakeTeacher = (key) => randomTasks(2, key);

/** Only what can be learned now, and tasks at random where nothing can. */
export const oracle: MakeTeacher = (key, learnable) => {
  const { next, observe } = randomTasks(2, key);
  return { next: (progress) => ({ component: 0, task: learnable() ?? next(progress).task }), observe };
};

/** Covar-GMM. */
export const covar =
  (window: number, absolute = false): MakeTeacher =>
  (key) =>
    covarGmm(2, { window, absolute }, key);

/** RIAC, perhaps as its authors released it. */
export const regions =
  (asReleased = false): MakeTeacher =>
  (key) =>
    riac(2, { asReleased }, key);

/** A window that slides from easy to hard. */
export const sliding =
  (window: Omit<SlidingWindowOptions, 'key'>): MakeTeacher =>
  (key) =>
    slidingWindow({ ...window, key });
