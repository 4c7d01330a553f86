import { UserError } from '../core/errors.js';
import type { OwnRetrieval } from '../tasks/own-retrieval.js';
import { minedNegatives } from './open-pair-scorer.js';
import type { PairScorer, TextPair } from './pair-scorer.js';

/** A relevant and another passage of a query, by their places, and the teacher's margin between them. */
export interface ScoredPair {
  readonly positive: number;
  readonly negative: number;
  readonly margin: number;
}

/** The pairs of a query. */
export interface QueryPairs {
  readonly query: number;
  readonly pairs: readonly ScoredPair[];
}

/**
 * Pairs of the training queries with a teacher's margins: known answers in turn, each beside one of the `count` wrong passages that
 * BM25 likes best.
 */
export async function minedPairs(
  own: OwnRetrieval,
  teacher: PairScorer,
  count: number,
  signal: AbortSignal,
): Promise<QueryPairs[]> {
  const near = minedNegatives(own, count);
  const triples = own.splits.train.flatMap(({ query, grades }) => {
    const answers = [...grades].filter(([, grade]) => grade >= 1).map(([passage]) => passage);
    return near(query).map((negative, i) => ({ query, positive: answers[i % answers.length]!, negative }));
  });
  const asked = triples.flatMap(({ query, positive, negative }): TextPair[] => [
    [query, positive],
    [query, negative],
  ]);
  const scores = await teacher.score(asked, signal);
  return byQuery(
    triples.map(({ query, positive, negative }, i) => ({
      query,
      pair: { positive, negative, margin: scores[2 * i]! - scores[2 * i + 1]! },
    })),
  );
}

/**
 * The pairs whose scores were stored beforehand, of the training queries.
 *
 * @throws {UserError} when an id is unknown
 */
export function storedPairs(own: OwnRetrieval): QueryPairs[] {
  const placeIn = (texts: OwnRetrieval['queries'], kind: string) => {
    const places = new Map(texts.map(({ id }, place) => [id, place]));
    return (id: string): number => {
      const place = places.get(id);
      if (place === undefined) {
        throw new UserError(`teacher scores of an unknown ${kind}: ${id}`, {
          hint: `no ${kind} of the collection has this id`,
        });
      }
      return place;
    };
  };
  const [queryAt, passageAt] = [placeIn(own.queries, 'query'), placeIn(own.passages, 'passage')];
  const learned = new Set(own.splits.train.map(({ query }) => query));
  return byQuery(
    (own.scores ?? []).map(({ positiveScore, negativeScore, query, positive, negative }) => ({
      query: queryAt(query),
      pair: {
        positive: passageAt(positive),
        negative: passageAt(negative),
        margin: positiveScore - negativeScore,
      },
    })),
  ).filter(({ query }) => learned.has(query));
}

function byQuery(pairs: readonly { readonly query: number; readonly pair: ScoredPair }[]): QueryPairs[] {
  const found = new Map<number, ScoredPair[]>();
  for (const { query, pair } of pairs) {
    const own = found.get(query) ?? [];
    own.push(pair);
    found.set(query, own);
  }
  return Array.from(found, ([query, own]) => ({ query, pairs: own }));
}
