/** With fewer earlier tasks than this, progress counts as 0. */
const leastHistory = 6;

/**
 * Learning progress of a task: its reward less that of the nearest earlier task, by Euclidean distance over the history; 0 as long as
 * at most five tasks came before (Portelas et al. 2019, section 4). The task then joins the history.
 *
 * @param most tasks in the history, the latest; 0 for all
 */
export function learningProgress(
  dimensions: number,
  most: number,
): (task: readonly number[], reward: number) => number {
  let tasks = new Float64Array(1024 * dimensions);
  const rewards: number[] = [];
  let count = 0;
  return (task, reward) => {
    const held = rewards.length;
    const progress = held < leastHistory ? 0 : reward - rewards[nearestTo(task, tasks, held)]!;
    if (tasks.length === held * dimensions) {
      const larger = new Float64Array(2 * tasks.length);
      larger.set(tasks);
      tasks = larger;
    }
    const place = most > 0 ? count++ % most : count++;
    tasks.set(task, place * dimensions);
    rewards[place] = reward;
    return progress;
  };
}

/** Which of `count` tasks, stored one after the other, is nearest; the first of several. */
function nearestTo(task: readonly number[], tasks: Float64Array, count: number): number {
  let near = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0, at = 0; i < count; i++) {
    let distance = 0;
    for (let j = 0; j < task.length; j++) distance += (task[j]! - tasks[at++]!) ** 2;
    if (distance < least) [near, least] = [i, distance];
  }
  return near;
}

/** The mean absolute difference of two scores that are noise of standard deviation `noise` about the same value: 2 / √π times it. */
export function noiseFloor(noise: number): number {
  return (2 / Math.sqrt(Math.PI)) * noise;
}
