import { mean } from '../assessment/checks.js';
import { kendall } from '../assessment/correlation.js';
import { exactSearch } from '../search/exact.js';
import type { EncoderLearner } from '../students/encoder-learner.js';
import type { OwnRetrieval } from '../tasks/own-retrieval.js';
import type { PairScorer } from './pair-scorer.js';

/** How far a student's order of its best passages is the teacher's: Kendall's tau-b of the top `count`, the mean over validation queries. */
export async function orderAgreement(
  own: OwnRetrieval,
  embed: EncoderLearner['embed'],
  teacher: PairScorer,
  count: number,
  signal: AbortSignal,
): Promise<number> {
  const queries = own.splits.validation.map(({ query }) => query);
  const search = exactSearch(
    await embed(
      'passage',
      own.passages.map(({ text }) => text),
    ),
    { threads: 1 },
  );
  const hits = await search.search(
    (
      await embed(
        'query',
        queries.map((query) => own.queries[query]!.text),
      )
    ).data,
    count,
  );
  await search.dispose();
  const taus: number[] = [];
  for (const [i, { rows, scores }] of hits.entries()) {
    const teachers = await teacher.score(
      Array.from(rows, (passage) => [queries[i]!, passage] as const),
      signal,
    );
    const tau = kendall(scores, teachers);
    // Of equal scores there is no order to share.
    if (Number.isFinite(tau)) taus.push(tau);
  }
  return mean(taus);
}
