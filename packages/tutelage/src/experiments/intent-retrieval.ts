import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { probabilities } from '../assessment/probabilities.js';
import { ndcg, recallAt } from '../assessment/ranking.js';
import { measureHits } from '../assessment/retrieval.js';
import { oneOf, uniformDraws } from '../curricula/draws.js';
import { shuffled } from '../curricula/weighted-draw.js';
import { bm25 } from '../search/bm25.js';
import { exactSearch } from '../search/exact.js';
import { hardNegatives } from '../search/hard-negatives.js';
import type { Vectors } from '../search/vectors.js';
import type { EncoderLearner } from '../students/encoder-learner.js';
import { linearTextLogits } from '../students/linear-text-classifier.js';
import { intentUtterances } from '../tasks/intents.js';
import type { PairScorer } from '../teachers/pair-scorer.js';
import type { ScoredPair } from '../teachers/scored-pairs.js';

/** How many utterances of each intent are what, of the 100 for training. */
export interface IntentRetrievalOptions {
  readonly queries: number;
  readonly passages: number;
  /** Of all intents together, of those that are left. */
  readonly testQueries: number;
  /** Wrong passages mined for each query. */
  readonly negatives: number;
  readonly teacherEpochs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Retrieval among requests to an assistant: those of one intent are relevant to each other. */
export interface IntentRetrieval {
  readonly queries: readonly string[];
  readonly passages: readonly string[];
  readonly pairs: readonly (readonly ScoredPair[])[];
  /** What the teacher knows of each query: its scores are inner products of these with what it knows of passages. */
  readonly known: Vectors;
  readonly teacher: PairScorer;
  readonly test: {
    readonly queries: readonly string[];
    /** The validation utterances. */
    readonly passages: readonly string[];
    /** Relevant passages of each query, by place. */
    readonly relevant: readonly ReadonlyMap<number, number>[];
  };
}

/** Both of the teacher's softmax and of its scores. */
const [temperature, scale] = [2, 10];

/**
 * Queries and passages drawn from CLINC150 by the seed, and a teacher learned from them: softmax regression on words, whose score of
 * two texts is 10 times the sum over intents c of sqrt(P(c | q) P(c | p)), with the softmax at temperature 2. Wrong passages are the
 * nearest by BM25 of another intent, each beside a relevant one drawn at random.
 */
export async function intentRetrieval(options: IntentRetrievalOptions): Promise<IntentRetrieval> {
  const { seed, signal } = options;
  const { intents, train, validation } = await intentUtterances(seed);
  const part = (texts: typeof train, start: number, end: number) =>
    texts.flatMap((own, intent) => own.slice(start, end).map((text) => ({ text, intent })));
  const queries = part(train, 0, options.queries);
  const passages = part(train, options.queries, options.queries + options.passages);
  const left = part(train, options.queries + options.passages, Number.POSITIVE_INFINITY);
  const key = random.foldIn(random.key(seed), 'intent retrieval');
  const tested = shuffled(left.length, key)
    .slice(0, options.testQueries)
    .map((place) => left[place]!);
  const found = part(validation, 0, Number.POSITIVE_INFINITY);

  const taught = [...queries, ...passages];
  const logits = await linearTextLogits(
    { texts: taught.map(({ text }) => text), classes: taught.map(({ intent }) => intent) },
    intents,
    taught.map(({ text }) => text),
    { epochs: options.teacherEpochs, seed, signal },
  );
  const roots = logits.map((own) =>
    Float32Array.from(probabilities(own, temperature), (p) => Math.sqrt(scale * p)),
  );
  const vectors = (rows: readonly Float32Array[]): Vectors => {
    const data = new Float32Array(rows.length * intents.length);
    rows.forEach((row, i) => {
      data.set(row, i * intents.length);
    });
    return { data, width: intents.length };
  };

  const search = bm25(passages.map(({ text }) => text));
  const scoreOf = (query: number, passage: number) =>
    product(roots[query]!, roots[queries.length + passage]!);
  const ofIntent = (texts: typeof passages) =>
    intents.map((_, intent) => texts.flatMap((own, row) => (own.intent === intent ? [row] : [])));
  const [relevantOf, foundOf] = [ofIntent(passages), ofIntent(found)];
  const pairs = queries.map(({ text, intent }, query) => {
    const isRelevant = (row: number) => passages[row]!.intent === intent;
    const relevant = relevantOf[intent]!;
    const draw = uniformDraws(random.foldIn(key, query));
    const hits = search.search(text, options.negatives + relevant.length);
    return hardNegatives(hits, isRelevant, options.negatives).map((negative): ScoredPair => {
      const positive = oneOf(relevant, draw);
      return { positive, negative, margin: scoreOf(query, positive) - scoreOf(query, negative) };
    });
  });
  // A query whose words no wrong passage has gives nothing to draw a pair from.
  const kept = pairs.flatMap((own, query) => (own.length > 1 ? [query] : []));
  return {
    queries: kept.map((query) => queries[query]!.text),
    passages: passages.map(({ text }) => text),
    pairs: kept.map((query) => pairs[query]!),
    known: vectors(kept.map((query) => roots[query]!)),
    teacher: {
      fingerprint: `softmax regression ${seed}`,
      score: async (asked) => Float64Array.from(asked, ([query, passage]) => scoreOf(kept[query]!, passage)),
    },
    test: {
      queries: tested.map(({ text }) => text),
      passages: found.map(({ text }) => text),
      relevant: tested.map(({ intent }) => new Map(foundOf[intent]!.map((row) => [row, 1]))),
    },
  };
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** What encoders find for the test queries. */
export async function intentsMeasured(embed: EncoderLearner['embed'], { test }: IntentRetrieval) {
  const search = exactSearch(await embed('passage', test.passages), { threads: 1 });
  const hits = await search.search((await embed('query', test.queries)).data, 100);
  await search.dispose();
  return {
    'nDCG@10': mean(measureHits(hits, test.relevant, ndcg(10))),
    'R@100': mean(measureHits(hits, test.relevant, recallAt(100))),
  };
}
