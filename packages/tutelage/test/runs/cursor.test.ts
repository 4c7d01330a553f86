import { describe, expect, it } from 'vitest';
import { DataCursor } from '../../src/runs/cursor.js';
import type { JsonValue } from '../../src/runs/json.js';
import { permutation } from '../../src/runs/permutation.js';

describe('a permutation', () => {
  it('orders three things in each of the six ways equally often', () => {
    const counts = new Map<string, number>();
    const trials = 6000;
    for (let trial = 0; trial < trials; trial++) {
      const order = permutation(3, [trial, 1]).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const expected = trials / 6;
    const chiSquare = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    expect(counts.size).toBe(6);
    // 99.9 % quantile with 5 degrees of freedom; the keys are fixed, so this never varies.
    expect(chiSquare).toBeLessThan(20.5);
  });
});

describe('the data cursor', () => {
  const start = (size: number, batchSize: number, dropLast: boolean, seed = 1): DataCursor =>
    DataCursor.start({ size, batchSize, dropLast, seed });
  const take = (cursor: DataCursor, count: number): number[][] =>
    Array.from({ length: count }, () => [...cursor.next()]);

  it('gives each example once an epoch, in another order each epoch and for each seed', () => {
    const cursor = start(10, 4, false);
    const epochs = [take(cursor, 3), take(cursor, 3)];
    for (const epoch of epochs) {
      expect(epoch.map(({ length }) => length)).toEqual([4, 4, 2]);
      expect(epoch.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(take(start(10, 4, false, 2), 3)).not.toEqual(epochs[0]);
  });

  it('leaves out the incomplete batch if wanted', () => {
    const cursor = start(10, 4, true);
    expect(take(cursor, 5).every(({ length }) => length === 4)).toBe(true);
    expect(cursor.state).toMatchObject({ epoch: 2, position: 4 });
    const even = start(8, 4, true);
    expect(take(even, 2).flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(even.state).toMatchObject({ epoch: 1, position: 0 });
  });

  it.each([true, false])(
    'goes on with the same batches from any saved state (drop the last: %s)',
    (dropLast) => {
      const straight = take(start(11, 3, dropLast), 12);
      for (let done = 0; done <= 12; done++) {
        const before = start(11, 3, dropLast);
        take(before, done);
        const saved = JSON.parse(JSON.stringify(before.state)) as JsonValue;
        expect(take(DataCursor.resume(saved, 11), 12 - done)).toEqual(straight.slice(done));
      }
    },
  );

  it('refuses what makes no sense', () => {
    expect(() => start(0, 1, false)).toThrow('size of the data: 0');
    expect(() => start(1, 1.5, false)).toThrow('batch size: 1.5');
    expect(() => start(1, 1, false, -1)).toThrow('seed: -1');
    expect(() => start(3, 4, true)).toThrow('batch size: 4: there are only 3 examples');
    expect(() => DataCursor.resume(start(5, 2, true).state, 6)).toThrow('the data has 6 examples, and had 5');
    for (const wrong of [null, [], {}, { ...start(5, 2, true).state, position: 5 }]) {
      expect(() => DataCursor.resume(wrong, 5)).toThrow('the checkpoint holds no position in the data');
    }
  });
});
