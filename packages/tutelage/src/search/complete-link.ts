import type { Vectors } from './vectors.js';

/**
 * Groups of vectors by complete linkage: two groups are merged, the most similar pairs first, only where every pair across both is at
 * least `threshold` alike.
 *
 * @param vectors of unit length
 * @param rows that are grouped
 * @returns the rows of each group in their order; groups in the order of their first rows
 */
export function completeLink(
  { data, width }: Vectors,
  rows: readonly number[],
  threshold: number,
): number[][] {
  const alike = (a: number, b: number) => cosine(data, width, rows[a]!, rows[b]!);
  const pairs = rows.flatMap((_, a) =>
    rows.slice(0, a).flatMap((_, b) => {
      const similarity = alike(a, b);
      return similarity >= threshold ? [{ a, b, similarity }] : [];
    }),
  );
  pairs.sort((one, other) => other.similarity - one.similarity || one.a - other.a || one.b - other.b);
  const groups = rows.map((_, at) => [at]);
  for (const { a, b } of pairs) {
    const [first, second] = [groups[a]!, groups[b]!];
    if (first === second || !first.every((x) => second.every((y) => alike(x, y) >= threshold))) continue;
    const merged = [...first, ...second].sort((x, y) => x - y);
    for (const at of merged) groups[at] = merged;
  }
  return [...new Set(groups)].map((group) => group.map((at) => rows[at]!));
}

/** The inner product of two rows. */
export function cosine(data: Float32Array, width: number, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += data[a * width + k]! * data[b * width + k]!;
  return sum;
}

/** One of each group in turn, round after round: the first of all groups, then the second, up to `count`. */
export function inTurn<T>(groups: readonly (readonly T[])[], count: number): T[] {
  const longest = Math.max(0, ...groups.map((group) => group.length));
  return Array.from({ length: longest }, (_, round) =>
    groups.flatMap((group) => (round < group.length ? [group[round]!] : [])),
  )
    .flat()
    .slice(0, count);
}
