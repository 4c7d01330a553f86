/** Uniform numbers in 0..1 from a seed (Mulberry32), the same on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Uniform numbers in a range that keep a distance of 0.02 from some points. */
export function uniform(
  random: () => number,
  size: number,
  [low, high]: readonly [number, number] = [-1, 1],
  avoid: readonly number[] = [],
): Float64Array {
  return Float64Array.from({ length: size }, () => {
    for (;;) {
      const x = low + (high - low) * random();
      if (avoid.every((a) => Math.abs(x - a) > 0.02)) return x;
    }
  });
}
