import type { Series } from '../api/index.js';

/** A metric over the steps, as it was logged. */
export interface Points {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/**
 * A series of at most `most` points that looks the same: the first and the last point, and of each stretch of equally many points
 * the lowest and the highest, in their order. What is no number counts as neither; a stretch without any number gives one gap.
 */
export function thinned(name: string, { steps, values }: Points, most: number): Series {
  const count = steps.length;
  const kept = count <= most ? Array.from(steps.keys()) : extremes(values, most);
  return {
    name,
    steps: kept.map((i) => steps[i]!),
    values: kept.map((i) => (Number.isFinite(values[i]) ? values[i]! : null)),
    count,
  };
}

function extremes(values: readonly number[], most: number): number[] {
  const inner = values.length - 2;
  const stretches = Math.max(1, Math.floor((most - 2) / 2));
  const kept = [0];
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = 1 + Math.floor((stretch * inner) / stretches);
    const to = 1 + Math.floor(((stretch + 1) * inner) / stretches);
    let lowest = -1;
    let highest = -1;
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(values[i])) continue;
      if (lowest < 0 || values[i]! < values[lowest]!) lowest = i;
      if (highest < 0 || values[i]! > values[highest]!) highest = i;
    }
    if (lowest < 0) kept.push(from);
    else kept.push(...new Set([Math.min(lowest, highest), Math.max(lowest, highest)]));
  }
  return [...kept, values.length - 1];
}
