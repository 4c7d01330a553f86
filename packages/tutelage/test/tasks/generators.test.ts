import { random } from '@tutelage/engine';
import { describe, expect, it } from 'vitest';
import { shapeScenes } from '../../src/tasks/shape-scenes.js';
import { segmentedSignals } from '../../src/tasks/signals.js';

describe.each([
  ['signals', segmentedSignals, [128]],
  ['scenes', shapeScenes, [32, 32]],
] as const)('%s', (_, draw, size) => {
  const maps = draw(60, random.key(1));

  it('come from their key alone', () => {
    expect(draw(60, random.key(1))).toEqual(maps);
    expect(draw(60, random.key(2)).inputs).not.toEqual(maps.inputs);
  });

  it('show every class, and numbers of about variance 1', () => {
    const area = size.reduce((a, b) => a * b, 1);
    expect([maps.size, maps.inputs.length, maps.labels.length]).toEqual([size, 60 * area, 60 * area]);
    expect(new Set(maps.labels).size).toBe(maps.classes.length);
    const square = maps.inputs.reduce((sum, x) => sum + x * x, 0) / maps.inputs.length;
    expect(Math.sqrt(square)).toBeGreaterThan(0.4);
    expect(Math.sqrt(square)).toBeLessThan(1.5);
  });
});

it('segments are 12 to 36 samples long, but where one goes on in the same class or is cut off', () => {
  const { labels } = segmentedSignals(200, random.key(3));
  const lengths: number[] = [];
  for (let n = 0; n < 200; n++) {
    let start = 0;
    for (let i = 1; i < 128; i++) {
      if (labels[n * 128 + i] === labels[n * 128 + i - 1]) continue;
      lengths.push(i - start);
      start = i;
    }
  }
  expect(Math.min(...lengths)).toBe(12);
  expect(lengths.filter((length) => length <= 36).length / lengths.length).toBeGreaterThan(0.8);
});
