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

/** The user's training queries that can be learned from, with their pairs and the teacher of batches. */
export interface ScoredLessons {
  readonly asked: OwnRetrieval['queries'];
  readonly queries: readonly string[];
  readonly passages: readonly string[];
  readonly pairs: readonly (readonly ScoredPair[])[];
  /** Its queries are places among those of the lessons. */
  readonly inBatch: PairScorer;
}

/**
 * Pairs as they were stored, or mined and scored. Queries with fewer than two are left out, and counted.
 *
 * @param candidates wrong passages mined for each query
 */
export async function scoredLessons(
  own: OwnRetrieval,
  teacher: PairScorer,
  batchTeacher: PairScorer,
  options: { readonly candidates: number; readonly signal: AbortSignal; say(message: string): void },
): Promise<ScoredLessons> {
  const { candidates, signal, say } = options;
  say(own.scores ? 'teacher scores as they are stored' : 'the teacher scores pairs');
  const all = own.scores ? storedPairs(own) : await minedPairs(own, teacher, candidates, signal);
  const kept = all.filter(({ pairs }) => pairs.length > 1);
  const without = own.splits.train.length - kept.length;
  if (without > 0) say(`warning: ${without} queries have fewer than two pairs: left out`);
  const flat = kept.filter(({ pairs }) => pairs.every(({ margin }) => margin === pairs[0]!.margin));
  if (flat.length > 0) say(`warning: all margins of ${flat.length} queries are equal: nothing to balance`);
  const asked = kept.map(({ query }) => own.queries[query]!);
  return {
    asked,
    queries: asked.map(({ text }) => text),
    passages: own.passages.map(({ text }) => text),
    pairs: kept.map(({ pairs }) => pairs),
    inBatch: {
      fingerprint: batchTeacher.fingerprint,
      score: (pairs, stop) =>
        batchTeacher.score(
          pairs.map(([query, passage]) => [kept[query]!.query, passage]),
          stop,
        ),
    },
  };
}
