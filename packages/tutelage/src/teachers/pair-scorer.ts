/** A query and a passage of a collection, by their places. */
export type TextPair = readonly [query: number, passage: number];

/** A teacher that reads a query and a passage together: a greater score is a better answer. */
export interface PairScorer {
  /** Changes whenever its scores might. */
  readonly fingerprint: string;
  /** One score for each pair, in order. */
  score(pairs: readonly TextPair[], signal: AbortSignal): Promise<Float64Array>;
}

/** A teacher whose scores are multiplied. */
export function scaledScorer(teacher: PairScorer, factor: number): PairScorer {
  return {
    fingerprint: `${teacher.fingerprint} x ${factor}`,
    score: async (pairs, signal) => (await teacher.score(pairs, signal)).map((score) => score * factor),
  };
}
