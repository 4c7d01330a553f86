import { squaredDistance } from './gaussian-mixture.js';

/** With fewer earlier tasks than this, progress counts as 0. */
const leastHistory = 6;

/**
 * Learning progress of a task: its reward less that of the nearest earlier task, by Euclidean distance over the whole history;
 * 0 as long as at most five tasks came before (Portelas et al. 2019, section 4). The task then joins the history.
 */
export function learningProgress(): (task: readonly number[], reward: number) => number {
  const tasks: (readonly number[])[] = [];
  const rewards: number[] = [];
  return (task, reward) => {
    let near = 0;
    let distance = Number.POSITIVE_INFINITY;
    for (let i = 0; i < tasks.length; i++) {
      const own = squaredDistance(task, tasks[i]!);
      if (own < distance) [near, distance] = [i, own];
    }
    const progress = tasks.length < leastHistory ? 0 : reward - rewards[near]!;
    tasks.push(task);
    rewards.push(reward);
    return progress;
  };
}
