import type { Environment } from '../tasks/environments/environment.js';

/** Weights of a policy: a matrix [actions, observations]. */
export function policySize({ actions, observations }: Environment): number {
  return actions * observations;
}

/**
 * Lets a linear policy, action = tanh(W observation), live through an episode.
 *
 * @param weights W, row by row
 * @returns the episode's score
 */
export function attempt(environment: Environment, weights: Float64Array, task: readonly number[]): number {
  const { actions, observations } = environment;
  const episode = environment.start(task);
  const observation = new Float64Array(observations);
  const action = new Float64Array(actions);
  do {
    episode.observe(observation);
    for (let row = 0; row < actions; row++) {
      let sum = 0;
      for (let i = 0; i < observations; i++) sum += weights[row * observations + i]! * observation[i]!;
      action[row] = Math.tanh(sum);
    }
  } while (episode.act(action));
  return episode.score;
}
