import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mean } from '../assessment/checks.js';
import { UserError } from '../core/errors.js';
import { marginBins } from '../curricula/balanced-margins.js';
import { explained } from '../runs/file-errors.js';
import type { ScoredPair } from '../teachers/scored-pairs.js';

export interface TopicReport {
  readonly results: unknown;
  readonly curves: unknown;
  /** Queries of each topic, by place. */
  readonly topics: readonly (readonly number[])[];
  readonly asked: readonly { readonly id: string; readonly text: string }[];
  /** Of each query. */
  readonly pairs: readonly (readonly ScoredPair[])[];
  readonly bins: number;
  /** Of each batch, by arm. */
  readonly inBatchMargins: Readonly<Record<string, readonly number[]>>;
  readonly pairsScored: number;
}

/**
 * Checks that topics can be made, and once they are there, says if they are too small.
 *
 * @throws {UserError} when there are more topics than queries, or fewer queries than a batch has
 */
export function checkTopics(
  count: number,
  queries: number,
  { batchSize, topicsPerBatch }: { readonly batchSize: number; readonly topicsPerBatch: number },
  made?: { readonly topics: readonly (readonly number[])[]; say(message: string): void },
): void {
  if (queries < batchSize) {
    throw new UserError(`fewer queries with pairs than a batch has: ${queries}`, { hint: 'lower batchSize' });
  }
  if (count > queries) {
    throw new UserError(`more topics than queries: ${count} for ${queries}`, { hint: 'raise topicSize' });
  }
  const share = Math.ceil(batchSize / topicsPerBatch);
  const small = made?.topics.filter((topic) => topic.length < share).length ?? 0;
  if (made && small > made.topics.length / 2) {
    made.say(
      `warning: ${small} of ${made.topics.length} topics have fewer than ${share} queries: lower batchSize or raise topicSize`,
    );
  }
}

const samples = 5;

/**
 * Writes what a topic-aware training was made of: `topics.tsv`, the ids of each topic's queries, separated by blanks, and some of their
 * texts; and `report.json` with the results, the margins' histogram over bins as they are and as they are drawn, and the in-batch
 * teacher's margins.
 *
 * @throws {UserError} when files can't be written
 */
export function writeTopicReport(folder: string, report: TopicReport): void {
  const { topics, asked, pairs, bins, inBatchMargins, ...rest } = report;
  const lines = topics.map((topic) => {
    const texts = topic.slice(0, samples).map((query) => asked[query]!.text.replaceAll(/\s+/g, ' '));
    return `${topic.map((query) => asked[query]!.id).join(' ')}\t${texts.join(' | ')}\n`;
  });
  const content = {
    ...rest,
    margins: histograms(pairs, bins),
    inBatchMargins: Object.fromEntries(
      Object.entries(inBatchMargins).map(([arm, values]) => [arm, { mean: mean(values), ofBatches: values }]),
    ),
  };
  explained('write the report', folder, () => {
    writeFileSync(join(folder, 'topics.tsv'), lines.join(''));
    writeFileSync(join(folder, 'report.json'), `${JSON.stringify(content, undefined, 2)}\n`);
  });
}

const edges = 20;

/** Shares of pairs by margin: as they are, and when they are drawn bin by bin. */
function histograms(pairs: readonly (readonly ScoredPair[])[], bins: number) {
  const margins = pairs.flatMap((own) => own.map(({ margin }) => margin));
  const low = margins.reduce((least, margin) => Math.min(least, margin), Number.POSITIVE_INFINITY);
  const high = margins.reduce((most, margin) => Math.max(most, margin), Number.NEGATIVE_INFINITY);
  const place = (margin: number) =>
    high > low ? Math.min(edges - 1, Math.floor((edges * (margin - low)) / (high - low))) : 0;
  const [before, drawn] = [new Array<number>(edges).fill(0), new Array<number>(edges).fill(0)];
  for (const own of pairs) {
    const sorted = marginBins(
      own.map(({ margin }) => margin),
      bins,
    );
    for (const bin of sorted) {
      for (const at of bin) {
        before[place(own[at]!.margin)]! += 1 / margins.length;
        drawn[place(own[at]!.margin)]! += 1 / (pairs.length * sorted.length * bin.length);
      }
    }
  }
  return { from: low, to: high, before, drawn };
}
