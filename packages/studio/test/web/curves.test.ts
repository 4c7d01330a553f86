import type { Series } from '@tutelage/studio/api';
import { expect, test } from 'vitest';
import { chartsOf, extended, isWide } from '../../web/src/curves.js';

const series = (name: string, steps: number[], values: (number | null)[] = steps): Series => ({
  name,
  steps,
  values,
  count: steps.length,
});

test('a chart for each metric, with a line for each that has it; what is no number is left out', () => {
  const charts = chartsOf([
    { name: 'student', colour: 'red', series: [series('loss', [1, 2], [0.5, null]), series('empty', [])] },
    { name: 'teacher', series: [series('accuracy', [3]), series('loss', [1])] },
  ]);
  expect(charts).toEqual([
    {
      metric: 'loss',
      lines: [
        { name: 'student', place: 0, colour: 'red', points: [{ step: 1, value: 0.5 }] },
        { name: 'teacher', place: 1, points: [{ step: 1, value: 1 }] },
      ],
    },
    { metric: 'accuracy', lines: [{ name: 'teacher', place: 1, points: [{ step: 3, value: 3 }] }] },
  ]);
});

test('news is put behind what is shown, new metrics too', () => {
  const shown = extended([series('loss', [1, 2])], [series('loss', [3]), series('accuracy', [3])], 10);
  expect(shown).toEqual([series('loss', [1, 2, 3]), series('accuracy', [3])]);
  expect(extended(shown, [], 10)).toEqual(shown);
});

test('however much comes, few points are kept, and the last one always', () => {
  let shown: Series[] = [];
  for (let step = 1; step <= 5000; step++) {
    shown = extended(shown, [series('loss', [step])], 100);
    expect(shown[0]!.steps.at(-1)).toBe(step);
  }
  expect(shown[0]!.count).toBe(5000);
  expect(shown[0]!.steps.length).toBeLessThanOrEqual(100);
  expect(shown[0]!.steps.length).toBeGreaterThanOrEqual(50);
  expect([...shown[0]!.steps].sort((a, b) => a - b)).toEqual(shown[0]!.steps);
});

test('wide is what only a logarithmic scale shows', () => {
  expect(isWide([1, 31])).toBe(true);
  expect(isWide([1, 29])).toBe(false);
  expect(isWide([0, 100])).toBe(false);
  expect(isWide([])).toBe(false);
});
