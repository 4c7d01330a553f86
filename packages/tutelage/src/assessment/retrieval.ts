import type { Hits } from '../search/hits.js';
import { ndcg, type RankingMeasure, recallAt, reciprocalRank } from './ranking.js';

/** What retrieval is usually judged by. */
export const retrievalMeasures = {
  'nDCG@10': ndcg(10),
  'MRR@10': (grades, judged) => reciprocalRank(grades.slice(0, 10), judged),
  'R@100': recallAt(100),
  'R@1000': recallAt(1000),
} as const satisfies Record<string, RankingMeasure>;

export type RetrievalMeasure = keyof typeof retrievalMeasures;

/**
 * A measure of each query's hits, 0 where nothing was found.
 *
 * @param judged grades of the judged rows of each query, in the same order
 */
export function measureHits(
  hits: readonly Hits[],
  judged: readonly ReadonlyMap<number, number>[],
  measure: RankingMeasure,
): number[] {
  return hits.map(({ rows }, query) => {
    const grades = judged[query]!;
    return measure(
      Array.from(rows, (row) => grades.get(row) ?? 0),
      [...grades.values()],
    );
  });
}
