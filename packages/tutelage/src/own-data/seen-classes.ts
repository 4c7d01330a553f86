import { random, tensor } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { classDistances, type DistanceMetric } from '../curricula/class-order.js';
import { shuffled } from '../curricula/weighted-draw.js';
import type { OrderedTask } from '../students/learn-in-orders.js';
import { principalComponents } from '../students/principal-components.js';
import type { ClassExamples, OwnClasses } from './own-classes.js';

/** Classes as a learner sees them. */
export interface SeenClasses {
  /** Between the classes, by their means. */
  readonly distances: readonly (readonly number[])[];
  /** Width of the features. */
  readonly width: number;
  /** To learn, equally many examples of each class; undefined where a class has too few. */
  readonly tasks: readonly OrderedTask[] | undefined;
}

const heldOut = 0.2;
const mostTested = 200;
const fewest = 5;
const mostComponents = 64;

/**
 * Classes by frozen features: principal components of all their examples, whitened. Distances are of these too, or of the rows
 * themselves where these are features already.
 *
 * @param options.perClass examples of each class to learn from at most
 * @throws {UserError} for a class whose mean is 0, where the metric is the cosine
 */
export async function seenClasses(
  { classes, labels, areFeatures, tasks }: OwnClasses,
  { perClass, metric }: { readonly perClass: number; readonly metric: DistanceMetric },
  key: random.Key,
): Promise<SeenClasses> {
  const least = Math.min(...classes.map(({ ids }) => ids.length));
  const tested = Math.min(mostTested, Math.max(1, Math.floor(heldOut * least)));
  const learned = Math.min(perClass, least - tested);
  const chosen = classes.map((one, i) =>
    shuffled(one.ids.length, random.foldIn(key, i)).slice(0, perClass + tested),
  );
  const rows = classes.map((one, i) => matrixOf(one, chosen[i]!));
  const inputs = rows[0]!.shape[1]!;
  const all = rows.reduce((sum, own) => sum + own.shape[0]!, 0);
  const joined = new Float32Array(all * inputs);
  let at = 0;
  for (const { data } of rows) {
    joined.set(data as Float32Array, at);
    at += data.length;
  }
  const width = Math.min(mostComponents, inputs, all - 1);
  const components = await principalComponents(tensor(joined, [all, inputs]), width, key);
  const features: Float32Array[] = [];
  for (const own of rows) features.push(await components.features(own));
  await components.dispose();
  const means = areFeatures
    ? rows.map(({ data }) => meanOf(data as Float32Array, inputs))
    : features.map((own) => meanOf(own, width));
  const part = (members: readonly number[], from: number, count: number) => {
    const joint = new Float32Array(members.length * count * width);
    members.forEach((one, i) => {
      joint.set(features[one]!.subarray(from * width, (from + count) * width), i * count * width);
    });
    return { features: joint, classes: members.flatMap((one) => new Array<number>(count).fill(one)) };
  };
  return {
    distances: checkedDistances(means, metric, labels),
    width,
    tasks:
      least < fewest
        ? undefined
        : tasks.map((members) => ({ test: part(members, 0, tested), train: part(members, tested, learned) })),
  };
}

function checkedDistances(
  means: readonly Float64Array[],
  metric: DistanceMetric,
  labels: readonly string[],
): number[][] {
  const zero = means.findIndex((mean) => mean.every((one) => one === 0));
  if (zero < 0 || metric === 'euclidean') return classDistances(means, metric);
  throw new UserError(`the mean of a class has no direction: ${labels[zero]}`, {
    detail: 'its numbers are all 0, and the cosine is of directions',
    hint: 'choose metric=euclidean, or take the class out',
  });
}

function matrixOf(examples: ClassExamples, chosen: readonly number[]) {
  const rows = chosen.map((at) => examples.row(at));
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) data.set(row, i * width);
  return tensor(data, [rows.length, width]);
}

function meanOf(rows: Float32Array, width: number): Float64Array {
  const mean = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) mean[i % width]! += (rows[i]! * width) / rows.length;
  return mean;
}

/** Distances between tasks: means over their classes. */
export function taskDistances(
  distances: readonly (readonly number[])[],
  tasks: readonly (readonly number[])[],
): number[][] {
  return tasks.map((one, i) =>
    tasks.map((other, j) => {
      if (i === j) return 0;
      const all = one.flatMap((a) => other.map((b) => distances[a]![b]!));
      return all.reduce((sum, distance) => sum + distance, 0) / all.length;
    }),
  );
}
