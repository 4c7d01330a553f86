import { join } from 'node:path';
import { random, type Tensor, type Tree } from '@tutelage/engine';
import { meanOf, percentileInterval } from '../assessment/bootstrap.js';
import { mean } from '../assessment/checks.js';
import { measureHits, type RetrievalMeasure, retrievalMeasures } from '../assessment/retrieval.js';
import { decimal } from '../assessment/wording.js';
import { bm25 } from '../search/bm25.js';
import { exactSearch } from '../search/exact.js';
import type { Hits } from '../search/hits.js';
import { saveIndex } from '../search/saved-index.js';
import type { DualEncoder, EncoderLearner, TrainedEncoders } from '../students/encoder-learner.js';
import { embedder } from '../students/encoder-student.js';
import { shipEncoder } from '../students/shipped-encoder.js';
import type { JudgedQuery, OwnRetrieval } from '../tasks/own-retrieval.js';
import type { ArmResult } from './results.js';

const depth = 1000;
const measures = Object.keys(retrievalMeasures) as RetrievalMeasure[];

/** What BM25 finds for the test queries. */
export function bm25Result(own: OwnRetrieval): ArmResult {
  const search = bm25(own.passages.map(({ text }) => text));
  const hits = own.splits.test.map(({ query }) => search.search(own.queries[query]!.text, depth));
  return resultOf('bm25', 'BM25', hits, own.splits.test);
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

/** How a training goes on the validation queries, and its best state so far. */
export interface Watch {
  /** Called after each step. */
  after(learner: EncoderLearner, step: number): Promise<void>;
  readonly curve: readonly { readonly step: number; readonly ndcg: number }[];
  /** The state with the best nDCG@10, none before the first check. */
  readonly best: TrainedEncoders | undefined;
}

const checks = 10;

/** Checks a training ten times on the validation queries, and keeps the best state (early stopping on nDCG@10). */
export function watchValidation(own: OwnRetrieval, steps: number): Watch {
  const every = Math.max(1, Math.round(steps / checks));
  const curve: { step: number; ndcg: number }[] = [];
  let best: TrainedEncoders | undefined;
  const { validation } = own.splits;
  const grades = validation.map((one) => one.grades);
  return {
    async after(learner, step) {
      if ((step + 1) % every !== 0 && step + 1 !== steps) return;
      const hits = await found(own, validation, learner.embed);
      const ndcg = mean(measureHits(hits, grades, retrievalMeasures['nDCG@10']));
      if (ndcg > Math.max(-1, ...curve.map((check) => check.ndcg))) best = learner.trained();
      curve.push({ step: step + 1, ndcg });
    },
    curve,
    get best() {
      return best;
    },
  };
}

/** Writes taught encoders and the index of the user's passages into a folder: one encoder, or one for each side. */
export async function shipRetriever(
  folder: string,
  own: OwnRetrieval,
  encoders: DualEncoder,
  trained: TrainedEncoders,
): Promise<void> {
  const isShared = encoders.query === encoders.passage;
  shipEncoder(
    join(folder, isShared ? 'encoder' : 'query-encoder'),
    encoders.query,
    trained.query as Tree<Tensor>,
  );
  if (!isShared) shipEncoder(join(folder, 'passage-encoder'), encoders.passage, trained.passage);
  const passages = embedder(encoders.passage, { threads: 1 });
  const vectors = await passages.embed(
    trained.passage,
    own.passages.map(({ text }) => text),
  );
  await passages.dispose();
  await saveIndex(
    join(folder, 'index'),
    own.passages.map(({ id }) => id),
    vectors,
    'exact',
  );
}
