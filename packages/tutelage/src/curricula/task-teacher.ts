import { random } from '@tutelage/engine';
import type { Curriculum, Json } from '../core/curriculum.js';

/** A task in the unit box [0, 1]^d, and where it is from: a component or region of the teacher's, chance, or a log of earlier tasks. */
export interface DrawnTask {
  readonly task: readonly number[];
  readonly component: number | 'random' | 'log';
}

/** A teacher of task parameters: it sees tasks and the rewards that came of them, on one scale, and nothing else. */
export type TaskTeacher = Curriculum<DrawnTask, number>;

/** How a teacher chooses, from nothing known on. */
export interface Chooser {
  /** @param key of this draw's own */
  draw(key: random.Key): DrawnTask;
  observe(task: readonly number[], reward: number): void;
}

/**
 * A teacher whose state is what it has observed: all that it knows follows from that, so it is restored by observing it again.
 *
 * @param begin makes a chooser that knows nothing
 */
export function taskTeacher<C extends Chooser>(
  key: random.Key,
  begin: () => C,
): TaskTeacher & { readonly chooser: C } {
  let chooser = begin();
  let drawn = 0;
  let tasks: (readonly number[])[] = [];
  let rewards: number[] = [];
  const observe = ({ task }: Pick<DrawnTask, 'task'>, reward: number): void => {
    chooser.observe(task, reward);
    tasks.push(task);
    rewards.push(reward);
  };
  return {
    get chooser() {
      return chooser;
    },
    next: () => chooser.draw(random.foldIn(key, drawn++)),
    observe,
    state: (): Json => ({ drawn, tasks, rewards }),
    restore(state) {
      const saved = state as { drawn: number; tasks: number[][]; rewards: number[] };
      chooser = begin();
      [tasks, rewards] = [[], []];
      for (const [i, task] of saved.tasks.entries()) observe({ task }, saved.rewards[i]!);
      drawn = saved.drawn;
    },
  };
}

/** `count` uniform numbers in [0, 1). */
export function uniforms(key: random.Key, count: number): Float32Array {
  const values = new Float32Array(count);
  random.fillUniform(values, key);
  return values;
}

/** Tasks at random, whatever comes of them. */
export function randomTasks(dimensions: number, key: random.Key): TaskTeacher {
  return taskTeacher(key, () => ({
    draw: (own) => ({ task: [...uniforms(own, dimensions)], component: 'random' }),
    observe() {},
  }));
}
