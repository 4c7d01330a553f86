/** What is left when the answers with the lowest scores are not given. */
export interface Abstention {
  /** Answers with a lower score are not given. */
  readonly threshold: number;
  /** Share of the questions that are answered. */
  readonly coverage: number;
  /** Share of right answers among those given. */
  readonly right: number;
}

const steps = 10;

/**
 * Coverage and rightness by threshold (El-Yaniv & Wiener 2010), at coverages of about 100, 90, … 10 %.
 *
 * @param scores of each question's first answer
 * @param right whether it is right
 */
export function abstentionCurve(scores: readonly number[], right: readonly boolean[]): Abstention[] {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  return Array.from({ length: steps }, (_, i) => {
    const count = Math.max(1, Math.round(((steps - i) / steps) * order.length));
    const threshold = scores[order[count - 1]!]!;
    const kept = order.filter((at) => scores[at]! >= threshold);
    return {
      threshold,
      coverage: kept.length / order.length,
      right: kept.filter((at) => right[at]).length / kept.length,
    };
  });
}
