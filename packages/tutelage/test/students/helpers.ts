import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { afterAll } from 'vitest';
import type { Progress } from '../../src/runs/progress.js';
import { createRun, type Run } from '../../src/runs/run.js';

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tutelage-students-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function newRun(root: string): Run {
  return createRun({ root, name: 'test', config: {} });
}

/** No progress; `onStep` hears of steps done. */
export function silent(onStep: (done: number) => void = () => {}): Progress {
  return { start() {}, step: onStep, skip() {}, say() {}, stop() {} };
}

const words = {
  greeting: ['hello', 'hi', 'morning', 'welcome'],
  refund: ['refund', 'money', 'return', 'back'],
  card: ['card', 'pin', 'swallowed', 'lost'],
};
const fillers = ['please', 'my', 'the', 'now', 'can', 'you', 'i', 'want'];

export const labels = Object.keys(words);

/** Short texts of three classes, each with one or two words that give it away. */
export function lessons(count: number, seed: number): { inputs: string[]; classes: Int32Array } {
  const draws = new Float32Array(8 * count);
  random.fillUniform(draws, random.key(seed));
  const inputs = Array.from({ length: count }, (_, i) => {
    const row = draws.subarray(8 * i, 8 * i + 8);
    const from = (list: readonly string[], u: number) => list[Math.floor(u * list.length)]!;
    const filling = Array.from({ length: 1 + Math.floor(row[0]! * 4) }, (_, j) => from(fillers, row[2 + j]!));
    return [...filling, from(Object.values(words)[i % 3]!, row[1]!)].join(' ');
  });
  return { inputs, classes: Int32Array.from({ length: count }, (_, i) => i % 3) };
}
