import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addTime, stopwatch, timeOf } from '../../src/runs/times.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tutelage-times-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('times add up over processes, for each activity by itself', () => {
  addTime(folder, 'training', { seconds: 1.5, cpuSeconds: 3, count: 10 });
  addTime(folder, 'asking', { seconds: 1, cpuSeconds: 1, count: 1 });
  addTime(folder, 'training', { seconds: 0.5, cpuSeconds: 1, count: 2 });
  expect(timeOf(folder, 'training')).toEqual({ seconds: 2, cpuSeconds: 4, count: 12 });
  expect(timeOf(folder, 'asking').count).toBe(1);
  expect(timeOf(folder, 'sleeping')).toEqual({ seconds: 0, cpuSeconds: 0, count: 0 });
});

test('a stopwatch counts what is done, and both kinds of time', () => {
  const watch = stopwatch(folder, 'training');
  const end = performance.now() + 40;
  while (performance.now() < end) Math.sqrt(2);
  watch.done();
  watch.done();
  watch.stop();
  const { seconds, cpuSeconds, count } = timeOf(folder, 'training');
  expect(count).toBe(2);
  expect(seconds).toBeGreaterThanOrEqual(0.04);
  expect(cpuSeconds).toBeGreaterThan(0);
});

test('a damaged record is begun anew, and a folder that is gone stops nothing', () => {
  writeFileSync(join(folder, 'times.json'), '{"training":{"seconds":-1}}');
  addTime(folder, 'training', { seconds: 1, cpuSeconds: 1, count: 1 });
  expect(JSON.parse(readFileSync(join(folder, 'times.json'), 'utf8')).training.seconds).toBe(1);
  expect(() =>
    addTime(join(folder, 'gone'), 'training', { seconds: 1, cpuSeconds: 1, count: 1 }),
  ).not.toThrow();
});
