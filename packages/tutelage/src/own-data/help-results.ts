import { random } from '@tutelage/engine';
import { type Abstention, abstentionCurve } from '../assessment/abstention.js';
import { meanOf, percentileInterval } from '../assessment/bootstrap.js';
import type { Interval } from '../assessment/intervals.js';
import { ndcg, recallAt, reciprocalRankAt } from '../assessment/ranking.js';
import { measureHits } from '../assessment/retrieval.js';
import type { ArmResult } from '../claims/results.js';
import { bestOf, type Hits } from '../search/hits.js';
import type { PageScores } from '../students/page-scores.js';
import type { HelpCollection } from '../tasks/help-desk/collection.js';
import type { JudgedQuery } from '../tasks/own-retrieval.js';

/** A way of finding documents. */
export interface HelpSystem {
  readonly id: string;
  readonly title: string;
  readonly scoresOf: PageScores;
}

const measures = {
  'nDCG@10': ndcg(10),
  'R@1': recallAt(1),
  'R@10': recallAt(10),
  'MRR@10': reciprocalRankAt(10),
} as const;

const depth = 10;
/** Questions that are scored together. */
const chunk = 64;

/**
 * The ten best documents of each query.
 *
 * @param among all documents, or those that are possible
 */
export async function helpHits(
  { scoresOf }: HelpSystem,
  { own, documents, possible }: HelpCollection,
  judged: readonly JudgedQuery[],
  among: 'all' | 'possible',
): Promise<Hits[]> {
  const hits: Hits[] = [];
  for (let at = 0; at < judged.length; at += chunk) {
    const some = judged.slice(at, at + chunk).map(({ query }) => query);
    const scores = await scoresOf(some.map((query) => own.queries[query]!.text));
    some.forEach((query, i) => {
      const open =
        among === 'possible'
          ? possible(query)
          : documents.flatMap(({ id }, place) => (id === own.queries[query]!.id ? [] : [place]));
      const best = bestOf(
        open.map((place) => scores[i]![place]!),
        depth,
      );
      hits.push({ rows: best.rows.map((place) => open[place]!), scores: best.scores });
    });
  }
  return hits;
}

/** Measures of some queries' hits with their intervals. */
export function helpResult(
  id: string,
  title: string,
  hits: readonly Hits[],
  judged: readonly JudgedQuery[],
): ArmResult {
  const grades = judged.map((one) => one.grades);
  const key = random.foldIn(random.key(0), 'queries');
  const metrics = Object.entries(measures).map(([name, measure]): [string, Interval] => {
    const values = measureHits(hits, grades, measure);
    return [name, percentileInterval(meanOf(values), values.length, { key })];
  });
  return { id, title, metrics: Object.fromEntries(metrics) };
}

/** Of a group of questions: how many there are, and how well documents are found for them. */
export interface GroupResult {
  readonly group: string;
  readonly questions: number;
  readonly ndcg: number;
  readonly recall1: number;
}

/** Results by what is said of the questions, such as their subject; the most frequent first. */
export function byGroup(
  hits: readonly Hits[],
  judged: readonly JudgedQuery[],
  groupOf: (query: number) => string,
): GroupResult[] {
  const grades = judged.map((one) => one.grades);
  const [ndcgs, firsts] = [measures['nDCG@10'], measures['R@1']].map((measure) =>
    measureHits(hits, grades, measure),
  ) as [number[], number[]];
  const groups = new Map<string, number[]>();
  judged.forEach(({ query }, row) => {
    groups.set(groupOf(query), [...(groups.get(groupOf(query)) ?? []), row]);
  });
  const mean = (values: readonly number[], rows: readonly number[]) =>
    rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length;
  return Array.from(groups, ([group, rows]) => ({
    group,
    questions: rows.length,
    ndcg: mean(ndcgs, rows),
    recall1: mean(firsts, rows),
  })).sort((a, b) => b.questions - a.questions);
}

/** Coverage and rightness of the first suggestion by its score. */
export function helpAbstention(hits: readonly Hits[], judged: readonly JudgedQuery[]): Abstention[] {
  const found = hits.map(({ rows, scores }, i) => ({
    score: scores[0] ?? Number.NEGATIVE_INFINITY,
    isRight: rows.length > 0 && judged[i]!.grades.has(rows[0]!),
  }));
  return abstentionCurve(
    found.map(({ score }) => score),
    found.map(({ isRight }) => isRight),
  );
}
