import { join } from 'node:path';
import { mean } from '../assessment/checks.js';
import { measureHits, retrievalMeasures } from '../assessment/retrieval.js';
import type { ArmResult } from '../claims/results.js';
import { bm25 } from '../search/bm25.js';
import { saveIndex } from '../search/saved-index.js';
import type { DualEncoder, EncoderLearner, TrainedEncoders } from '../students/encoder-learner.js';
import { embedder } from '../students/encoder-student.js';
import { shipRetriever } from '../students/ship-retriever.js';
import type { OwnRetrieval } from '../tasks/own-retrieval.js';
import { encoderHits } from './retrieval-results.js';

/** How a training goes on the validation queries, and its best state so far. */
export interface Watch {
  /** Called after each step. */
  after(learner: EncoderLearner, step: number): Promise<void>;
  readonly curve: readonly { readonly step: number; readonly ndcg: number }[];
  /** The state with the best nDCG@10, none before the first check. */
  readonly best: TrainedEncoders | undefined;
}

const checks = 10;

/** Hits of BM25 among which a check searches, for each query. */
const pooled = 50;

/**
 * Checks a training ten times on the validation queries, and keeps the best state (early stopping on nDCG@10). A check searches the
 * judged passages and those that BM25 finds, so that its cost does not grow with the collection.
 */
export function watchValidation(own: OwnRetrieval, steps: number): Watch {
  const every = Math.max(1, Math.round(steps / checks));
  const curve: { step: number; ndcg: number }[] = [];
  let best: TrainedEncoders | undefined;
  const { validation } = own.splits;
  const words = bm25(own.passages.map(({ text }) => text));
  const queries = validation.map(({ query }) => own.queries[query]!.text);
  const pool = [
    ...new Set(
      validation.flatMap(({ grades }, i) => [...grades.keys(), ...words.search(queries[i]!, pooled).rows]),
    ),
  ];
  const placeOf = new Map(pool.map((passage, place) => [passage, place]));
  const grades = validation.map(
    (one) => new Map(Array.from(one.grades, ([passage, grade]) => [placeOf.get(passage)!, grade])),
  );
  const passages = pool.map((passage) => own.passages[passage]!.text);
  return {
    async after(learner, step) {
      if ((step + 1) % every !== 0 && step + 1 !== steps) return;
      const hits = await encoderHits(learner.embed, queries, passages, 10);
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

/**
 * Writes taught encoders, as students that can be shipped, and the index of the user's passages into a folder: one encoder, or one for
 * each side.
 *
 * @param result of the test queries, for the model card
 */
export async function shipEncoders(
  folder: string,
  own: OwnRetrieval,
  encoders: DualEncoder,
  trained: TrainedEncoders,
  result: ArmResult,
): Promise<void> {
  const { name, hash, splits, warnings } = own;
  const facts = {
    name: `${result.title} of ${name}`,
    data: {
      name,
      hash,
      train: splits.train.length,
      validation: splits.validation.length,
      test: splits.test.length,
    },
    metrics: Object.entries(result.metrics).map(([metric, { estimate, low, high }]) => ({
      name: metric,
      value: estimate,
      low,
      high,
    })),
    warnings,
  };
  const passages = own.passages.map(({ text }) => text);
  const isShared = encoders.query === encoders.passage;
  const lessons = splits.validation.map(({ query, grades }) => ({
    query: own.queries[query]!.text,
    documents: [...grades].filter(([, grade]) => grade >= 1).map(([passage]) => passages[passage]!),
  }));
  const sides = isShared ? (['query'] as const) : (['query', 'passage'] as const);
  for (const side of sides) {
    const path = join(folder, isShared ? 'student' : `${side}-student`);
    await shipRetriever({
      folder: path,
      student: encoders[side],
      params: trained[side],
      validation: isShared ? lessons : [],
      facts,
      threads: 1,
    });
  }
  const model = embedder(encoders.passage, { threads: 1 });
  const vectors = await model.embed(trained.passage, passages);
  await model.dispose();
  await saveIndex(
    join(folder, 'index'),
    own.passages.map(({ id }) => id),
    vectors,
    'exact',
  );
}
