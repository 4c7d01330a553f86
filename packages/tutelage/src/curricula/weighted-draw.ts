import { random } from '@tutelage/engine';

/**
 * Draws `count` of the examples without replacement, one after the other in proportion to their weights: those with the greatest
 * ln weight + Gumbel noise (Vieira 2014, after Efraimidis & Spirakis 2006).
 *
 * @param weights positive and finite
 * @returns positions in the order of the draw
 */
export function drawWithoutReplacement(weights: ArrayLike<number>, count: number, key: random.Key): number[] {
  const keys = new Float32Array(weights.length);
  random.fillGumbel(keys, key);
  const ranks = Float64Array.from(keys, (noise, i) => noise + Math.log(weights[i]!));
  return Array.from(ranks, (_, i) => i)
    .sort((a, b) => ranks[b]! - ranks[a]!)
    .slice(0, count);
}

/** Positions 0 to `count` - 1 in random order. */
export function shuffled(count: number, key: random.Key): number[] {
  return drawWithoutReplacement(new Float64Array(count).fill(1), count, key);
}
