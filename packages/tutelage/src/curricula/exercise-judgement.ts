import type { Mixture } from './gaussian-mixture.js';
import { squaredDistance } from './gaussian-mixture.js';
import { noiseFloor } from './learning-progress.js';
import type { DrawnTask } from './task-teacher.js';

/** What came of a task. */
export interface TaughtEpisode extends DrawnTask {
  /** One a run. */
  readonly rewards: readonly number[];
  /** Mean reward on a scale from 0 to 1. */
  readonly score: number;
  /** Absolute learning progress, or what the teacher seeks in its place. */
  readonly alp: number;
}

/** How far apart scores of one task are on average by noise alone, and how that is known. */
export interface NoiseFloor {
  readonly value: number;
  readonly known: 'measured' | 'given' | 'at most' | 'unknown';
}

/**
 * The noise floor of absolute learning progress: measured where tasks were run several times, or given; otherwise no more than the
 * progress of the calmest Gaussian, for noise is everywhere.
 *
 * @param scale of rewards: greatest less least
 * @param noise standard deviation of a score as it is known; 0 if it is not
 * @param mixture over tasks and progress
 */
export function noiseFloorOf(
  episodes: readonly TaughtEpisode[],
  { scale, noise }: { readonly scale: number; readonly noise: number },
  mixture: Mixture | undefined,
): NoiseFloor {
  const repeated = episodes.filter(({ rewards }) => rewards.length > 1);
  if (repeated.length > 0) {
    const variances = repeated.map(({ rewards }) => {
      const mean = rewards.reduce((sum, one) => sum + one, 0) / rewards.length;
      const squares = rewards.reduce((sum, one) => sum + (one - mean) ** 2, 0);
      return squares / (rewards.length - 1) / rewards.length;
    });
    const variance = variances.reduce((sum, one) => sum + one, 0) / variances.length;
    return { value: noiseFloor(Math.sqrt(variance) / scale), known: 'measured' };
  }
  if (noise > 0) return { value: noiseFloor(noise), known: 'given' };
  if (!mixture) return { value: 0, known: 'unknown' };
  return {
    value: Math.max(0, Math.min(...mixture.components.map(({ mean }) => mean.at(-1)!))),
    known: 'at most',
  };
}

export type Judgement = 'mastered' | 'in progress' | 'hopeless';

const neighbours = 5;
/** Progress below this is none, whatever the noise. */
const leastProgress = 0.01;

/**
 * Judges tasks by the five nearest episodes of the later half: mastered where their mean score reaches `mastered`, in progress where
 * their mean progress is above the noise floor, hopeless otherwise.
 */
export function judgeTasks(
  tasks: readonly (readonly number[])[],
  episodes: readonly TaughtEpisode[],
  { mastered, floor }: { readonly mastered: number; readonly floor: number },
): Judgement[] {
  const latest = episodes.slice(Math.floor(episodes.length / 2));
  return tasks.map((task) => {
    const near = latest
      .map((episode) => ({ episode, distance: squaredDistance(task, episode.task) }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, neighbours)
      .map(({ episode }) => episode);
    const meanOf = (value: (episode: TaughtEpisode) => number) =>
      near.reduce((sum, episode) => sum + value(episode), 0) / near.length;
    if (meanOf(({ score }) => score) >= mastered) return 'mastered';
    return meanOf(({ alp }) => alp) > Math.max(floor, leastProgress) ? 'in progress' : 'hopeless';
  });
}
