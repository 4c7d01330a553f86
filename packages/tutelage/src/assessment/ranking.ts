import { mean } from './checks.js';

/** Grades of the judged documents of a query: 1 and above is relevant. */
export type Judgements = ReadonlyMap<string, number>;

/** Scores of the documents that were found for a query. */
export type Retrieved = ReadonlyMap<string, number>;

/**
 * A measure of one query's ranking, in [0, 1].
 *
 * @param grades of the documents in order of rank, 0 where not judged
 * @param judged all grades of the query
 */
export type RankingMeasure = (grades: readonly number[], judged: readonly number[]) => number;

/**
 * Documents from best to worst, as trec_eval ranks them: by score in single precision, equal ones by identifier in descending order of
 * its bytes, whatever order they came in.
 */
export function ranked(retrieved: Retrieved): string[] {
  return [...retrieved]
    .map(([id, score]) => ({ id, score: Math.fround(score), bytes: Buffer.from(id) }))
    .sort((a, b) => b.score - a.score || Buffer.compare(b.bytes, a.bytes))
    .map(({ id }) => id);
}

/**
 * Normalised discounted cumulative gain of the first k (Järvelin & Kekäläinen 2002) as trec_eval's ndcg_cut has it: the gain is the
 * grade itself, the discount log2(rank + 1), and the ideal is that of all judged documents.
 */
export function ndcg(k = Number.POSITIVE_INFINITY): RankingMeasure {
  return (grades, judged) => {
    const ideal = discountedGain(judged.toSorted((a, b) => b - a).slice(0, k));
    return ideal === 0 ? 0 : discountedGain(grades.slice(0, k)) / ideal;
  };
}

function discountedGain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, i) => sum + Math.max(0, grade) / Math.log2(i + 2), 0);
}

/** Reciprocal of the rank of the first relevant document, 0 if there is none (trec_eval's recip_rank). */
export const reciprocalRank: RankingMeasure = (grades) => {
  const first = grades.findIndex(isRelevant);
  return first < 0 ? 0 : 1 / (first + 1);
};

/** The same among the first k, as MS MARCO counts it (MRR@k). */
export function reciprocalRankAt(k: number): RankingMeasure {
  return (grades, judged) => reciprocalRank(grades.slice(0, k), judged);
}

/** Mean of the precision at the rank of each relevant document, 0 for those not found (trec_eval's map). */
export const averagePrecision: RankingMeasure = (grades, judged) => {
  let found = 0;
  let sum = 0;
  grades.forEach((grade, i) => {
    if (!isRelevant(grade)) return;
    found += 1;
    sum += found / (i + 1);
  });
  return share(sum, judged);
};

/** Share of the relevant documents that are among the first k (trec_eval's recall). */
export function recallAt(k: number): RankingMeasure {
  return (grades, judged) => share(grades.slice(0, k).filter(isRelevant).length, judged);
}

/** Share of relevant documents among the first k; ranks that are not filled count as irrelevant (trec_eval's P). */
export function precisionAt(k: number): RankingMeasure {
  return (grades) => grades.slice(0, k).filter(isRelevant).length / k;
}

function isRelevant(grade: number): boolean {
  return grade >= 1;
}

function share(amount: number, judged: readonly number[]): number {
  const relevant = judged.filter(isRelevant).length;
  return relevant === 0 ? 0 : amount / relevant;
}

/**
 * A measure of each judged query, 0 where nothing was retrieved, so that skipping hard queries gains nothing (trec_eval -c).
 *
 * @param judgements by query
 * @param run what was retrieved, by query; queries without judgements are left out
 */
export function measureQueries(
  judgements: ReadonlyMap<string, Judgements>,
  run: ReadonlyMap<string, Retrieved>,
  measure: RankingMeasure,
): ReadonlyMap<string, number> {
  return new Map(
    [...judgements].map(([query, grades]) => {
      const order = ranked(run.get(query) ?? new Map());
      return [
        query,
        measure(
          order.map((id) => grades.get(id) ?? 0),
          [...grades.values()],
        ),
      ];
    }),
  );
}

/** The mean of a measure over all judged queries; see {@link measureQueries}. */
export function measureRun(
  judgements: ReadonlyMap<string, Judgements>,
  run: ReadonlyMap<string, Retrieved>,
  measure: RankingMeasure,
): number {
  return mean([...measureQueries(judgements, run, measure).values()]);
}
