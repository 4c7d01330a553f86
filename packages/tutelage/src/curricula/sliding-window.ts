import type { random } from '@tutelage/engine';
import { type TaskTeacher, taskTeacher, uniforms } from './task-teacher.js';

export interface SlidingWindowOptions {
  /** How far the window moves in each dimension of the unit box; below 0 where a task is easy at 1. */
  readonly step: readonly number[];
  /** Side of the window, in (0, 1]. */
  readonly size: number;
  /** Tasks between two looks at their rewards. */
  readonly every: number;
  /** The window moves if the mean reward of these tasks is above this. */
  readonly above: number;
  readonly key: random.Key;
}

/**
 * A curriculum made by hand, called Oracle by Portelas et al. (2019, section 5): tasks are drawn from a window that starts in the
 * corner which is known to be easy, and moves on when the rewards in it are good, up to the far corner.
 */
export function slidingWindow({ step, size, every, above, key }: SlidingWindowOptions): TaskTeacher {
  const far = 1 - size;
  return taskTeacher(key, () => {
    let low = step.map((own) => (own < 0 ? far : 0));
    let count = 0;
    let sum = 0;
    return {
      draw: (own) => ({
        task: Array.from(uniforms(own, step.length), (draw, i) => low[i]! + size * draw),
        component: 0,
      }),
      observe(_, reward) {
        sum += reward;
        if (++count % every !== 0) return;
        if (sum / every > above) low = low.map((own, i) => Math.min(far, Math.max(0, own + step[i]!)));
        sum = 0;
      },
    };
  });
}
