import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { bm25 } from '../search/bm25.js';
import { hardNegatives } from '../search/hard-negatives.js';
import type { OwnRetrieval } from '../tasks/own-retrieval.js';
import { type CachedScorer, checkedScorer } from './checked-scorer.js';
import { labelledPairs, trainFeatureScorer } from './feature-scorer.js';
import { httpPairScorer } from './http-pair-scorer.js';
import { keptScores } from './kept-scores.js';
import { onnxPairScorer, type PairTexts } from './onnx-pair-scorer.js';
import type { PairScorer, TextPair } from './pair-scorer.js';

/** The forms of a teacher that scores pairs, for help texts. */
export const pairScorerForms =
  'train (one that is trained here), onnx:FILE (a cross-encoder), or the http address of a re-ranker';

/**
 * Opens a teacher that scores queries and passages of the user's collection.
 *
 * @param choice one of {@link pairScorerForms}
 * @param path where the scores of a teacher that is not trained here are kept
 * @throws {UserError} when it is none, or can't be opened
 */
export async function openPairScorer(
  choice: string,
  own: OwnRetrieval,
  path: string,
  seed: number,
): Promise<CachedScorer> {
  const texts: PairTexts = {
    queries: own.queries.map(({ text }) => text),
    passages: own.passages.map(({ text }) => text),
  };
  const kept = (teacher: PairScorer) => checkedScorer(keptScores(teacher, path, own.hash));
  if (/^https?:\/\//.test(choice)) return kept(httpPairScorer(choice, texts));
  if (choice.startsWith('onnx:')) return kept(await onnxPairScorer(choice.slice('onnx:'.length), texts));
  if (choice !== 'train') {
    throw new UserError(`not a teacher: ${choice}`, { hint: `it may be ${pairScorerForms}` });
  }
  const near = minedNegatives(own, negativesToLearn);
  const answers = answersOf(own);
  const examples = labelledPairs(answers, near, texts.passages.length, own.isWrong, random.key(seed));
  return checkedScorer(trainFeatureScorer(texts, examples));
}

const negativesToLearn = 10;

/** The known answers of the training queries. */
export function answersOf({ splits }: OwnRetrieval): TextPair[] {
  return splits.train.flatMap(({ query, grades }) =>
    Array.from(grades, ([passage, grade]) => ({ passage, grade }))
      .filter(({ grade }) => grade >= 1)
      .map(({ passage }): TextPair => [query, passage]),
  );
}

/** Finds the wrong passages that BM25 takes for the best answers of a query. */
export function minedNegatives(own: OwnRetrieval, count: number): (query: number) => number[] {
  const search = bm25(own.passages.map(({ text }) => text));
  const found = new Map<number, number[]>();
  return (query) => {
    const known = found.get(query);
    if (known) return known;
    // Twice as many hits leave enough where known answers and their groups are among them.
    const hits = search.search(own.queries[query]!.text, 2 * count);
    const negatives = hardNegatives(hits, (passage) => !own.isWrong(query, passage), count);
    found.set(query, negatives);
    return negatives;
  };
}
