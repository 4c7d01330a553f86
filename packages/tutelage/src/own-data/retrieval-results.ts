import { random } from '@tutelage/engine';
import { meanOf, percentileInterval } from '../assessment/bootstrap.js';
import { measureHits, type RetrievalMeasure, retrievalMeasures } from '../assessment/retrieval.js';
import { decimal } from '../assessment/wording.js';
import type { ArmResult } from '../claims/results.js';
import { bm25 } from '../search/bm25.js';
import { exactSearch } from '../search/exact.js';
import { bestOf, type Hits } from '../search/hits.js';
import type { DualEncoder, EncoderLearner, TrainedEncoders } from '../students/encoder-learner.js';
import { embedder } from '../students/encoder-student.js';
import type { JudgedQuery, OwnRetrieval } from '../tasks/own-retrieval.js';
import type { PairScorer } from '../teachers/pair-scorer.js';

const depth = 1000;
const measures = Object.keys(retrievalMeasures) as RetrievalMeasure[];

/** What BM25 finds for the test queries. */
export function bm25Result(own: OwnRetrieval): ArmResult {
  const search = bm25(own.passages.map(({ text }) => text));
  const hits = own.splits.test.map(({ query }) => search.search(own.queries[query]!.text, depth));
  return resultOf('bm25', 'BM25', hits, own.splits.test);
}

/** Passages of a query that a teacher is asked to rank. */
const reranked = 100;

/** What the teacher makes of BM25's 100 best for the test queries: a student of a teacher that is no better than it has little to learn. */
export async function teacherResult(
  own: OwnRetrieval,
  teacher: PairScorer,
  signal: AbortSignal,
): Promise<ArmResult> {
  const search = bm25(own.passages.map(({ text }) => text));
  const hits: Hits[] = [];
  for (const { query } of own.splits.test) {
    const { rows } = search.search(own.queries[query]!.text, reranked);
    const scores = await teacher.score(
      Array.from(rows, (passage) => [query, passage] as const),
      signal,
    );
    const order = bestOf(scores, scores.length);
    hits.push({ rows: order.rows.map((place) => rows[place]!), scores: order.scores });
  }
  return resultOf('teacher', "the teacher's order of BM25's 100", hits, own.splits.test);
}

/** What taught encoders find for the test queries. */
export async function encoderResult(
  own: OwnRetrieval,
  id: string,
  title: string,
  encoders: DualEncoder,
  trained: TrainedEncoders,
): Promise<ArmResult> {
  const embedders = {
    query: embedder(encoders.query, { threads: 1 }),
    passage: embedder(encoders.passage, { threads: 1 }),
  };
  const hits = await found(own, own.splits.test, (side, texts) =>
    embedders[side].embed(trained[side], texts),
  );
  await embedders.query.dispose();
  await embedders.passage.dispose();
  return resultOf(id, title, hits, own.splits.test);
}

/** Searches passages for queries, as encoders embed them. */
export async function encoderHits(
  embed: EncoderLearner['embed'],
  queries: readonly string[],
  passages: readonly string[],
  count: number,
): Promise<Hits[]> {
  const search = exactSearch(await embed('passage', passages), { threads: 1 });
  const hits = await search.search((await embed('query', queries)).data, count);
  await search.dispose();
  return hits;
}

function found(
  own: OwnRetrieval,
  judged: readonly JudgedQuery[],
  embed: EncoderLearner['embed'],
): Promise<Hits[]> {
  const queries = judged.map(({ query }) => own.queries[query]!.text);
  return encoderHits(
    embed,
    queries,
    own.passages.map(({ text }) => text),
    depth,
  );
}

function resultOf(
  id: string,
  title: string,
  hits: readonly Hits[],
  judged: readonly JudgedQuery[],
): ArmResult {
  const grades = judged.map((one) => one.grades);
  const key = random.foldIn(random.key(0), 'queries');
  const metrics = measures.map((name) => {
    const values = measureHits(hits, grades, retrievalMeasures[name]);
    return [name, percentileInterval(meanOf(values), values.length, { key })] as const;
  });
  return { id, title, metrics: Object.fromEntries(metrics) };
}

/** A result in a line. */
export function resultLine({ title, metrics }: ArmResult): string {
  const parts = Object.entries(metrics).map(
    ([name, { estimate, low, high }]) =>
      `${name} ${decimal(estimate, 3)} (${decimal(low, 3)} to ${decimal(high, 3)})`,
  );
  return `${title}: ${parts.join(', ')}`;
}
