import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { mean } from '../../src/assessment/checks.js';
import { spearman } from '../../src/assessment/correlation.js';
import type { KeptLearning } from '../../src/assessment/forgetting.js';
import { allOrders, classDistances, classGeometry, scoreOrder } from '../../src/curricula/class-order.js';
import { learnInOrders } from '../../src/students/learn-in-orders.js';

test('where late classes lie over early ones, the score foretells what is kept', async () => {
  const places = Array.from({ length: 5 }, (_, i) => [
    Math.cos((2 * Math.PI * i) / 5),
    Math.sin((2 * Math.PI * i) / 5),
  ]);
  const dice = random.stream(random.key('circle'));
  const around = (place: readonly number[], label: number, rows: number) => ({
    features: Float32Array.from({ length: 2 * rows }, (_, i) => place[i % 2]! + 0.4 * dice.normal()),
    classes: new Array<number>(rows).fill(label),
  });
  const tasks = places.map((place, i) => ({ train: around(place, i, 160), test: around(place, i, 100) }));
  const orders = allOrders(5);
  const geometry = classGeometry(classDistances(places, 'euclidean'));
  const runs: KeptLearning[][] = [];
  for (let run = 0; run < 2; run++) {
    const options = { width: 2, classes: 5, hidden: 32, batchSize: 8, learningRate: 1e-2, replay: 0 };
    const signal = new AbortController().signal;
    runs.push((await learnInOrders(tasks, orders, { ...options, key: random.key(run), signal }))!);
  }
  const kept = orders.map((_, i) => mean(runs.map((run) => run[i]!.score)));
  const of = (part: 'total' | 'ends') =>
    spearman(
      orders.map((order) => scoreOrder(geometry, order)[part]),
      kept,
    );
  expect(of('total')).toBeGreaterThan(0.2);
  expect(of('ends')).toBeGreaterThan(0.3);
});
