/** The product of two vectors, which for vectors of length 1 is the cosine of their angle. */
export function similarity(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export interface Neighbour {
  /** Position among the vectors. */
  readonly at: number;
  readonly score: number;
}

/** The `count` vectors most similar to a query, the most similar first; of equally similar ones the first. */
export function nearest(query: Float32Array, vectors: readonly Float32Array[], count: number): Neighbour[] {
  return vectors
    .map((vector, at) => ({ at, score: similarity(query, vector) }))
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .slice(0, count);
}
