/** A pair of answers, and how much better the chosen one is: the greater, the easier. */
export interface GradedPair<P> {
  readonly pair: P;
  readonly gap: number;
}

/**
 * Pairs of one prompt in stages from easy to hard: the best answer against the worst, against the one before it, and so on
 * (Pattnaik et al. 2024, Curry-DPO, section 3). Ties are no pairs.
 *
 * @param answers with their ratings; the best is the chosen one of all pairs
 * @returns of each stage the pair, or undefined where the ratings are equal or there are too few answers
 */
export function pairsByRating<A extends { readonly rating: number }>(
  answers: readonly A[],
  stages: number,
): (GradedPair<{ readonly chosen: A; readonly rejected: A }> | undefined)[] {
  const [best, ...others] = answers.toSorted((a, b) => b.rating - a.rating);
  const worstFirst = others.toReversed();
  return Array.from({ length: stages }, (_, stage) => {
    const rejected = worstFirst[stage];
    if (!best || !rejected || rejected.rating === best.rating) return undefined;
    return { pair: { chosen: best, rejected }, gap: best.rating - rejected.rating };
  });
}

/** All pairs of all prompts by their gaps, the greatest first, cut into stages of equal size. */
export function globalStages<P>(pairs: readonly GradedPair<P>[], stages: number): GradedPair<P>[][] {
  const sorted = pairs.toSorted((a, b) => b.gap - a.gap);
  return Array.from({ length: stages }, (_, stage) =>
    sorted.slice(
      Math.round((stage * sorted.length) / stages),
      Math.round(((stage + 1) * sorted.length) / stages),
    ),
  );
}
