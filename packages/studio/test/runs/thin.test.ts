import { expect, test } from 'vitest';
import { thinned } from '../../src/runs/thin.js';

const steps = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test('few points stay as they are', () => {
  expect(thinned('loss', { steps: [1, 2], values: [3, Number.NaN] }, 10)).toEqual({
    name: 'loss',
    steps: [1, 2],
    values: [3, null],
    count: 2,
  });
  expect(thinned('loss', { steps: [], values: [] }, 10)).toMatchObject({ steps: [], count: 0 });
});

test('of many, the ends and all peaks stay, in order, and no more than were asked for', () => {
  const values = steps(10_000).map((step) => Math.sin(step / 100));
  values[4321] = 50;
  values[8765] = -50;
  for (const most of [10, 11, 500, 9999]) {
    const series = thinned('x', { steps: steps(10_000), values }, most);
    expect(series.steps.length).toBeLessThanOrEqual(most);
    expect(series.steps).toEqual([...new Set(series.steps)].sort((a, b) => a - b));
    expect([series.steps[0], series.steps.at(-1)]).toEqual([1, 10_000]);
    expect(series.values).toContain(50);
    expect(series.values).toContain(-50);
    for (const [i, step] of series.steps.entries()) expect(series.values[i]).toBe(values[step - 1]);
    expect(series.count).toBe(10_000);
  }
});

test('what is no number leaves a gap where there is nothing else', () => {
  const values = steps(1000).map((step) =>
    step > 500 ? Number.NaN : step === 77 ? Number.POSITIVE_INFINITY : step,
  );
  const { values: kept } = thinned('x', { steps: steps(1000), values }, 20);
  expect(kept.slice(0, 9)).not.toContain(null);
  expect(kept.slice(-5)).toEqual([null, null, null, null, null]);
});
