import { random } from '@tutelage/engine';
import type { Curriculum, Json } from '../core/curriculum.js';
import {
  type Component,
  type Criterion,
  drawFrom,
  fitBestMixture,
  indexByWeight,
  type Mixture,
} from './gaussian-mixture.js';

/** A task in the unit box [0, 1]^d, and whether it was drawn at random or from a component of the mixture. */
export interface DrawnTask {
  readonly task: readonly number[];
  readonly component: number | 'random';
}

/** A teacher of task parameters that can be looked into. */
export interface MixtureTeacher extends Curriculum<DrawnTask, number> {
  /** The latest mixture over tasks and signals; undefined before the first fit. */
  readonly mixture: Mixture | undefined;
  /** Signals of the latest observation. */
  readonly latest: readonly number[];
}

export interface MixtureTeacherOptions {
  /** Of a task. */
  readonly dimensions: number;
  /** Observations between two fits, and in the window that is fitted. */
  readonly fitEvery: number;
  /** Share of tasks drawn at random, in [0, 1]. */
  readonly randomShare: number;
  /** Fewest and most components. */
  readonly components: readonly [number, number];
  readonly criterion: Criterion;
  /** What is known of each observation beside its task, in the order of observation: coordinates for the mixture. */
  readonly signals: () => (task: readonly number[], reward: number) => readonly number[];
  /** How much a component deserves to be drawn from; below 0 counts as 0. */
  readonly worth: (component: Component) => number;
  readonly key: random.Key;
}

/**
 * A teacher that fits Gaussian mixtures to tasks and what came of them, and draws tasks from components in proportion to their
 * worth: the frame of ALP-GMM and Covar-GMM (Portelas et al. 2019, section 4). What is drawn outside of the box is clamped.
 */
export function mixtureTeacher(options: MixtureTeacherOptions): MixtureTeacher {
  const { dimensions, fitEvery, randomShare, components, criterion, worth, key } = options;
  const tasks: (readonly number[])[] = [];
  const rewards: number[] = [];
  let points: Float64Array[] = [];
  let signals = options.signals();
  let mixture: Mixture | undefined;
  let latest: readonly number[] = [];
  let drawn = 0;

  const next = (): DrawnTask => {
    const own = random.foldIn(key, drawn++);
    const uniform = new Float32Array(2 + dimensions);
    random.fillUniform(uniform, own);
    const [whether, which, ...anywhere] = uniform;
    if (!mixture || whether! < randomShare) return { task: anywhere, component: 'random' };
    const weights = mixture.components.map((one) => Math.max(0, worth(one)));
    const component = indexByWeight(weights, which!);
    const chosen = mixture.components[component]!;
    const normals = new Float32Array(chosen.mean.length);
    random.fillNormal(normals, random.foldIn(own, 'normal'));
    const point = drawFrom(chosen, normals).subarray(0, dimensions);
    return { task: Array.from(point, (x) => Math.min(1, Math.max(0, x))), component };
  };

  const observe = ({ task }: Pick<DrawnTask, 'task'>, reward: number): void => {
    latest = signals(task, reward);
    tasks.push(task);
    rewards.push(reward);
    points.push(Float64Array.of(...task, ...latest));
    if (points.length < fitEvery) return;
    const [least, most] = components;
    const fitKey = random.foldIn(random.foldIn(key, 'fit'), tasks.length);
    mixture = fitBestMixture(points, { least, most, criterion, key: fitKey });
    points = [];
  };

  return {
    get mixture() {
      return mixture;
    },
    get latest() {
      return latest;
    },
    next,
    observe,
    state: (): Json => ({ drawn, tasks, rewards }),
    /** All that it knows follows from what it observed, so it observes it again. */
    restore(state) {
      const saved = state as { drawn: number; tasks: number[][]; rewards: number[] };
      tasks.length = 0;
      rewards.length = 0;
      points = [];
      signals = options.signals();
      mixture = undefined;
      for (const [i, task] of saved.tasks.entries()) observe({ task }, saved.rewards[i]!);
      drawn = saved.drawn;
    },
  };
}
