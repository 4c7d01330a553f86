import { expect, test } from 'vitest';
import { lessonBatches } from '../../src/students/lesson-batches.js';

const count = 1003;
const sizes = Array.from({ length: count }, (_, i) => (i * 7919) % 101);
const options = { count, batchSize: 10, seed: 3 };
const take = (batches: ReturnType<typeof lessonBatches>, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => batches.next(from + i));
const spread = (rows: readonly number[]) =>
  Math.max(...rows.map((i) => sizes[i]!)) - Math.min(...rows.map((i) => sizes[i]!));

test.each([undefined, sizes])('an epoch gives no example twice', (given) => {
  const batches = lessonBatches({ ...options, ...(given && { sizes: given }) });
  expect(batches.stepsAnEpoch).toBe(100);
  const [first, second] = [take(batches, 0, 100), take(batches, 100, 200)];
  for (const epoch of [first, second]) {
    expect(epoch.every((rows) => rows.length === 10)).toBe(true);
    expect(new Set(epoch.flat()).size).toBe(1000);
  }
  expect(second).not.toEqual(first);
});

test('batches are of examples alike in size, not in order of size', () => {
  const mean = (rows: readonly (readonly number[])[]) =>
    rows.map(spread).reduce((a, b) => a + b, 0) / rows.length;
  const alike = take(lessonBatches({ ...options, sizes }), 0, 100);
  expect(mean(alike)).toBeLessThan(12);
  expect(mean(take(lessonBatches(options), 0, 100))).toBeGreaterThan(60);
  const least = alike.slice(0, 16).map((rows) => Math.min(...rows.map((i) => sizes[i]!)));
  expect(least).not.toEqual([...least].sort((a, b) => a - b));
});

test('goes on from any step', () => {
  const whole = take(lessonBatches({ ...options, sizes }), 0, 210);
  for (const stop of [0, 1, 15, 16, 17, 95, 99, 100, 101, 137]) {
    const before = lessonBatches({ ...options, sizes });
    take(before, 0, stop);
    const after = lessonBatches({ ...options, sizes });
    after.resume(before.state);
    expect(take(after, stop, 210), `from step ${stop}`).toEqual(whole.slice(stop));
  }
});
