import { random, tensor } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { learnInOrders, type OrderedTask } from '../../src/students/learn-in-orders.js';
import { principalComponents } from '../../src/students/principal-components.js';

const never = new AbortController().signal;

/** Classes around places on a line, in two dimensions. */
function tasksAt(places: readonly number[], rows = 320): OrderedTask[] {
  const dice = random.stream(random.key('places'));
  const drawn = (place: number, label: number, count: number) => ({
    features: Float32Array.from(
      { length: 2 * count },
      (_, i) => (i % 2 === 0 ? place : 0) + 0.2 * dice.normal(),
    ),
    classes: new Array<number>(count).fill(label),
  });
  return places.map((place, i) => ({ train: drawn(place, i, rows), test: drawn(place, i, 40) }));
}
const options = {
  width: 2,
  classes: 3,
  hidden: 16,
  batchSize: 8,
  learningRate: 1e-2,
  replay: 0,
  key: random.key(1),
  signal: never,
};
const orders = [
  [0, 1, 2],
  [2, 1, 0],
  [0, 1, 2],
];

describe('nets side by side', () => {
  const tasks = tasksAt([-0.5, 0, 0.5]);

  test('forget without replay, and less with it', async () => {
    const kept = (await learnInOrders(tasks, orders, options))!;
    const replayed = (await learnInOrders(tasks, orders, { ...options, replay: 10 }))!;
    for (const [i, { average, forgetting, score }] of kept.entries()) {
      expect(average).toBeLessThan(0.7);
      expect(forgetting).toBeGreaterThan(0.5);
      expect(score).toBeCloseTo((2 * average) / (forgetting * average + 1), 12);
      expect(replayed[i]!.average).toBeGreaterThan(average + 0.2);
    }
  });

  test('an order comes to the same wherever it stands', async () => {
    const [first, , third] = (await learnInOrders(tasks, orders, options))!;
    expect(first).toEqual(third);
    const [alone] = (await learnInOrders(tasks, [[0, 1, 2]], options))!;
    expect(alone!.average).toBeCloseTo(first!.average, 1);
  });

  test('tasks of several classes are learned together', async () => {
    const [a, b, c] = tasks as [OrderedTask, OrderedTask, OrderedTask];
    const joined = (one: OrderedTask, other: OrderedTask): OrderedTask => ({
      train: {
        features: Float32Array.from([...one.train.features, ...other.train.features]),
        classes: [...one.train.classes, ...other.train.classes],
      },
      test: {
        features: Float32Array.from([...one.test.features, ...other.test.features]),
        classes: [...one.test.classes, ...other.test.classes],
      },
    });
    const [kept] = (await learnInOrders([joined(a, c), joined(b, b)], [[1, 0]], options))!;
    // Both ends are there at the end, the middle is gone.
    expect(kept!.average).toBeGreaterThan(0.6);
    expect(kept!.forgetting).toBeGreaterThan(0.5);
  });

  test('stop when told', async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await learnInOrders(tasks, orders, { ...options, signal: stop.signal })).toBeUndefined();
  });
});

describe('principal components', () => {
  const dice = random.stream(random.key(3));
  const rows = 400;
  // Variances 9, 1 and 0 along rotated axes.
  const data = Float32Array.from({ length: rows }, () => 0);
  const values = Array.from(data, () => {
    const [x, y] = [3 * dice.normal(), dice.normal()];
    return [(x - y) / Math.SQRT2 + 5, (x + y) / Math.SQRT2, 7];
  });
  const matrix = tensor(Float32Array.from(values.flat()), [rows, 3]);

  test('are whitened, and nothing is seen where nothing varies', async () => {
    const components = await principalComponents(matrix, 3, random.key(1));
    const features = await components.features(matrix);
    await components.dispose();
    const places = [0, 1, 2].map((c) =>
      Array.from({ length: rows }, (_, i) => Math.atanh(features[3 * i + c]!)),
    );
    for (const own of places.slice(0, 2)) {
      expect(own.reduce((a, b) => a + b) / rows).toBeCloseTo(0, 1);
      expect(own.reduce((a, b) => a + b * b, 0) / rows).toBeCloseTo(1, 1);
    }
    expect(places[2]!.every((one) => Math.abs(one) < 1e-3)).toBe(true);
    // The first follows the sum of the first two numbers, whatever its sign.
    const sums = values.map(([a, b]) => (a! - 5 + b!) / Math.SQRT2 / 3);
    const agreement = places[0]!.reduce((sum, one, i) => sum + one * sums[i]!, 0) / rows;
    expect(Math.abs(agreement)).toBeGreaterThan(0.9);
  });
});
