import { random } from '@tutelage/engine';
import {
  type Component,
  type Criterion,
  drawFrom,
  fitBestMixture,
  indexByWeight,
  type Mixture,
} from './gaussian-mixture.js';
import { type Chooser, type TaskTeacher, taskTeacher, uniforms } from './task-teacher.js';

/** What can be looked into. */
export interface MixtureChooser extends Chooser {
  /** The latest mixture over tasks and signals; undefined before the first fit. */
  readonly mixture: Mixture | undefined;
  /** Signals of the latest observation. */
  readonly latest: readonly number[];
}

export type MixtureTeacher = TaskTeacher & { readonly chooser: MixtureChooser };

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
  /** How often a task outside of the box is drawn anew before it is clamped. */
  readonly redraws: number;
  /** What is known of each observation beside its task, in the order of observation: coordinates for the mixture. */
  readonly signals: () => (task: readonly number[], reward: number) => readonly number[];
  /** How much a component deserves to be drawn from; below 0 counts as 0. */
  readonly worth: (component: Component) => number;
  readonly key: random.Key;
}

/**
 * A teacher that fits Gaussian mixtures to tasks and what came of them, and draws tasks from components in proportion to their
 * worth: the frame of ALP-GMM and Covar-GMM (Portelas et al. 2019, section 4).
 */
export function mixtureTeacher(options: MixtureTeacherOptions): MixtureTeacher {
  const { dimensions, fitEvery, randomShare, components, criterion, redraws, worth, key } = options;
  const [least, most] = components;

  /** A task of a component, and whether it needed no clamping. */
  const drawInside = (component: Component, normals: Float32Array) => {
    const point = drawFrom(component, normals).subarray(0, dimensions);
    const task = Array.from(point, (x) => Math.min(1, Math.max(0, x)));
    return { task, inside: task.every((x, i) => x === point[i]) };
  };

  return taskTeacher(key, (): MixtureChooser => {
    const signals = options.signals();
    let observed = 0;
    let points: Float64Array[] = [];
    let mixture: Mixture | undefined;
    let latest: readonly number[] = [];
    return {
      get mixture() {
        return mixture;
      },
      get latest() {
        return latest;
      },
      draw(own) {
        const [whether, which, ...anywhere] = uniforms(own, 2 + dimensions);
        if (!mixture || whether! < randomShare) return { task: anywhere, component: 'random' };
        const weights = mixture.components.map((one) => Math.max(0, worth(one)));
        const component = indexByWeight(weights, which!);
        const chosen = mixture.components[component]!;
        const size = chosen.mean.length;
        const normals = new Float32Array((1 + redraws) * size);
        random.fillNormal(normals, random.foldIn(own, 'normal'));
        for (let attempt = 0; ; attempt++) {
          const { task, inside } = drawInside(chosen, normals.subarray(attempt * size));
          if (inside || attempt === redraws) return { task, component };
        }
      },
      observe(task, reward) {
        latest = signals(task, reward);
        observed++;
        points.push(Float64Array.of(...task, ...latest));
        if (points.length < fitEvery) return;
        const fitKey = random.foldIn(random.foldIn(key, 'fit'), observed);
        mixture = fitBestMixture(points, { least, most, criterion, key: fitKey });
        points = [];
      },
    };
  });
}
