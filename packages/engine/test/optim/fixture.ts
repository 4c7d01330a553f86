import { readFileSync } from 'node:fs';

interface TorchFixture {
  /** One array for each parameter. */
  initial: number[][];
  /** [step][parameter][element] */
  gradients: number[][][];
  final: Record<string, number[][]>;
  schedules: Record<string, number[]>;
}

/** Written by peers/optim_fixtures.py. */
export const torchFixture = JSON.parse(
  readFileSync(new URL('../fixtures/optim.json', import.meta.url), 'utf8'),
) as TorchFixture;

/** Largest absolute difference. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expectSameLength(a, b);
  return Array.from(a).reduce((largest, x, i) => Math.max(largest, Math.abs(x - b[i]!)), 0);
}

function expectSameLength(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length} and ${b.length}`);
}
