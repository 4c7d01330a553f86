export interface RankedPassage {
  readonly passage: string;
  readonly score: number;
}

/** Passages by the inner product of their vectors with the query's, the best first. */
export function ranked(
  query: Float32Array,
  passages: readonly string[],
  vectors: readonly Float32Array[],
): RankedPassage[] {
  return passages
    .map((passage, i) => ({ passage, score: query.reduce((sum, x, d) => sum + x * vectors[i]![d]!, 0) }))
    .sort((a, b) => b.score - a.score);
}

/** The passages of a text: one a line, each once. */
export function passagesIn(text: string): string[] {
  return [...new Set(text.split('\n').map((line) => line.trim()))].filter(Boolean);
}
