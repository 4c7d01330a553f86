import { UserError } from '../core/errors.js';
import { type BootstrapOptions, meanOf, pairedBootstrap, percentileInterval } from './bootstrap.js';
import { bootstrapOptions } from './bootstrap-options.js';
import type { Costs } from './economy-schema.js';
import type { MeasuredArm, RetrievalReport } from './measured-report-schema.js';
import {
  type Judgements,
  measureQueries,
  ndcg,
  type RankingMeasure,
  type Retrieved,
  ranked,
  recallAt,
  reciprocalRankAt,
} from './ranking.js';
import type { ReportContext } from './report-context.js';
import { decimal } from './wording.js';

/** What a model found for each test query, by query: the first 100 or more. */
export interface RetrievalArm {
  readonly title: string;
  readonly found: ReadonlyMap<string, Retrieved>;
  readonly costs?: Costs;
}

export interface RetrieverAssessment extends ReportContext {
  /** Texts by id. */
  readonly queries: ReadonlyMap<string, string>;
  readonly documents: ReadonlyMap<string, string>;
  /** Of the test queries; each has a relevant document. */
  readonly judgements: ReadonlyMap<string, Judgements>;
  readonly arms: { readonly student: RetrievalArm; readonly baseline?: RetrievalArm };
}

/** The first is the one that counts. */
export const retrievalMeasures: Readonly<Record<string, RankingMeasure>> = {
  'nDCG@10': ndcg(10),
  'MRR@10': reciprocalRankAt(10),
  'recall@10': recallAt(10),
  'recall@100': recallAt(100),
};

const [counts] = Object.keys(retrievalMeasures) as [string];
const shownQueries = 12;
const shownCharacters = 300;

/**
 * Assesses a taught retriever on test queries against all documents, beside a search that needs no teaching, each with intervals over
 * the queries.
 *
 * @throws UserError if there is no test query
 */
export function assessRetriever(input: RetrieverAssessment): RetrievalReport {
  const { judgements, arms, documents } = input;
  if (judgements.size === 0) throw new UserError('nothing to assess: there is no test query');
  const options = bootstrapOptions(judgements.size, input.reproduce.seed);
  const { student, baseline } = arms;
  const report = (id: MeasuredArm['id'], arm: RetrievalArm): MeasuredArm => ({
    id,
    title: arm.title,
    measures: retrievalFigures(judgements, arm.found, options),
    costs: arm.costs ?? {},
  });
  const reports = [
    report('student', student),
    ...(baseline === undefined ? [] : [report('baseline', baseline)]),
  ];
  const scores = (arm: RetrievalArm) => [
    ...measureQueries(judgements, arm.found, retrievalMeasures[counts]!).values(),
  ];
  const lead =
    baseline && pairedBootstrap(meanOf(scores(student)), meanOf(scores(baseline)), judgements.size, options);
  const { title, sizes, warnings, rejected, curves, reproduce } = input;
  return {
    format: 1,
    kind: 'retrieval',
    title,
    verdict: verdictOf(reports[0]!, baseline?.title, lead),
    sizes,
    documents: documents.size,
    arms: reports,
    ...(lead && { lead }),
    hardest: hardestOf(input),
    warnings,
    rejected,
    curves,
    reproduce,
  };
}

/** All measures of what was found, with intervals over the queries. */
export function retrievalFigures(
  judgements: ReadonlyMap<string, Judgements>,
  found: ReadonlyMap<string, Retrieved>,
  options: BootstrapOptions,
): MeasuredArm['measures'] {
  return Object.entries(retrievalMeasures).map(([name, measure]) => {
    const values = [...measureQueries(judgements, found, measure).values()];
    return { name, ...percentileInterval(meanOf(values), values.length, options) };
  });
}

function verdictOf(
  { measures: [first] }: MeasuredArm,
  baseline: string | undefined,
  lead: RetrievalReport['lead'],
): RetrievalReport['verdict'] {
  const { name, estimate, low, high } = first!;
  const score = `${name} ${decimal(estimate, 3)} (95 % interval ${decimal(low, 3)} to ${decimal(high, 3)})`;
  if (!lead || baseline === undefined) {
    return {
      tone: 'open',
      sentence: `The retriever reaches ${score}; it was not compared with a search by words.`,
    };
  }
  const by = `by ${decimal(Math.abs(lead.estimate), 3)} ${name} (95 % interval of its lead ${decimal(lead.low, 3)} to ${decimal(lead.high, 3)})`;
  if (lead.low > 0) return { tone: 'better', sentence: `The retriever beats ${baseline} ${by}.` };
  if (lead.high < 0) {
    return { tone: 'worse', sentence: `${baseline}, which needs no teaching, beats the retriever ${by}.` };
  }
  return { tone: 'open', sentence: `The retriever can't be told from ${baseline}: ${score}, apart ${by}.` };
}

/** The queries with the lowest scores; of equal ones those whose best relevant document is ranked lowest. */
function hardestOf({
  queries,
  documents,
  judgements,
  arms,
}: RetrieverAssessment): RetrievalReport['hardest'] {
  const { found } = arms.student;
  const scores = measureQueries(judgements, found, retrievalMeasures[counts]!);
  const shown = (id: string) => ({ id, text: documents.get(id)!.slice(0, shownCharacters) });
  return [...judgements]
    .map(([id, grades]) => {
      const order = ranked(found.get(id) ?? new Map());
      const at = order.findIndex((document) => (grades.get(document) ?? 0) >= 1);
      const wanted = at >= 0 ? order[at]! : [...grades].find(([, grade]) => grade >= 1)![0];
      return { id, score: scores.get(id)!, at, wanted, first: order[0] };
    })
    .filter(({ score }) => score < 1)
    .sort((a, b) => a.score - b.score || (b.at < 0 ? 1e9 : b.at) - (a.at < 0 ? 1e9 : a.at))
    .slice(0, shownQueries)
    .map(({ id, score, at, wanted, first }) => ({
      id,
      query: queries.get(id)!.slice(0, shownCharacters),
      score,
      wanted: shown(wanted),
      ...(at >= 0 && { rank: at + 1 }),
      ...(first !== undefined && { first: shown(first) }),
    }));
}
