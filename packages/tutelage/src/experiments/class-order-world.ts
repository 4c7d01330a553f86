import { random, tensor } from '@tutelage/engine';
import { classDistances, type DistanceMetric } from '../curricula/class-order.js';
import { shuffled } from '../curricula/weighted-draw.js';
import type { OrderedTask } from '../students/learn-in-orders.js';
import { principalComponents } from '../students/principal-components.js';
import { readIdx } from '../tasks/idx.js';
import { fetchPublic } from '../tasks/public.js';

export interface ClassOrderSizes {
  /** Images of each other class that features are found on. */
  readonly fitted: number;
  /** Principal components. */
  readonly width: number;
  /** Images of each class to learn from in a run, and to be tested on. */
  readonly train: number;
  readonly test: number;
}

/** Five classes of Fashion-MNIST, seen by features that were found on the other five. */
export interface ClassOrderWorld {
  distances(metric: DistanceMetric): number[][];
  /** The classes as tasks of one each, with images of their own for each run. */
  tasks(run: number): Promise<OrderedTask[]>;
  dispose(): Promise<void>;
}

const classCount = 10;

export async function classOrderWorld(
  set: readonly number[],
  { fitted, width, train, test }: ClassOrderSizes,
  seed: number,
): Promise<ClassOrderWorld> {
  const key = random.foldIn(random.foldIn(random.key(seed), 'class orders'), set.join(' '));
  const others = Array.from({ length: classCount }, (_, i) => i).filter((one) => !set.includes(one));
  const [learned, tested] = [await splitOf('train'), await splitOf('t10k')];
  const components = await principalComponents(
    learned.rows(others.flatMap((one) => learned.drawn(one, fitted, random.foldIn(key, `fitted ${one}`)))),
    width,
    random.foldIn(key, 'components'),
  );
  const perClass = (split: Split, count: number, own: random.Key) =>
    Promise.all(
      set.map((one, i) => components.features(split.rows(split.drawn(one, count, random.foldIn(own, i))))),
    );
  const seen = await perClass(learned, train, random.foldIn(key, 'distances'));
  const judged = await perClass(tested, test, random.foldIn(key, 'test'));
  const means = seen.map((rows) => {
    const mean = new Float64Array(width);
    for (let i = 0; i < rows.length; i++) mean[i % width]! += rows[i]! / train;
    return mean;
  });
  const labelled = (features: Float32Array, label: number) => ({
    features,
    classes: new Array<number>(features.length / width).fill(label),
  });
  return {
    distances: (metric) => classDistances(means, metric),
    async tasks(run) {
      const shown = await perClass(learned, train, random.foldIn(key, `run ${run}`));
      return set.map((_, i) => ({ train: labelled(shown[i]!, i), test: labelled(judged[i]!, i) }));
    },
    dispose: () => components.dispose(),
  };
}

interface Split {
  /** Positions of images of a class. */
  drawn(label: number, count: number, key: random.Key): number[];
  /** Images as rows of pixels in [0, 1]. */
  rows(positions: readonly number[]): ReturnType<typeof tensor>;
}

const splits = new Map<string, Promise<Split>>();

/** A split of Fashion-MNIST, read once. */
function splitOf(name: 'train' | 't10k'): Promise<Split> {
  const split = splits.get(name) ?? readSplit(name);
  splits.set(name, split);
  return split;
}

async function readSplit(name: string): Promise<Split> {
  const files = await fetchPublic('fashion-mnist');
  const { values: images } = await readIdx(files.get(`${name}-images-idx3-ubyte.gz`)!);
  const { values: labels } = await readIdx(files.get(`${name}-labels-idx1-ubyte.gz`)!);
  const size = images.length / labels.length;
  const byLabel = Array.from({ length: classCount }, (_, label) =>
    Array.from(labels.keys()).filter((i) => labels[i] === label),
  );
  return {
    drawn(label, count, key) {
      const own = byLabel[label]!;
      return shuffled(own.length, key)
        .slice(0, count)
        .map((i) => own[i]!);
    },
    rows(positions) {
      const pixels = new Float32Array(positions.length * size);
      positions.forEach((position, row) => {
        for (let i = 0; i < size; i++) pixels[row * size + i] = images[position * size + i]! / 255;
      });
      return tensor(pixels, [positions.length, size]);
    },
  };
}
