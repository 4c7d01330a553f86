import type { random } from '@tutelage/engine';
import { bestOf } from '../search/hits.js';
import { shuffled } from './weighted-draw.js';

/** Which of the wrong candidates the teacher orders. */
export type CandidateChoice = 'hard' | 'easy' | 'all';

/**
 * Chooses wrong candidates by the student's own scores: those that it takes for the best answers, those in the middle of its list,
 * or all, from best to worst in its eyes.
 *
 * @param scores the student's, one a candidate
 */
export function chosenCandidates(
  scores: ArrayLike<number>,
  isWrong: (candidate: number) => boolean,
  choice: CandidateChoice,
  count: number,
): number[] {
  const wrong = Array.from(bestOf(scores, scores.length).rows).filter(isWrong);
  const start = choice === 'easy' ? Math.max(0, (wrong.length - count) >> 1) : 0;
  return choice === 'all' ? wrong : wrong.slice(start, start + count);
}

/** Candidates in a teacher's order, and how far they can be told apart. */
export interface OrderedCandidates {
  readonly candidates: readonly number[];
  /** The teacher's scores in the same order. */
  readonly scores: readonly number[];
}

/** Candidates by a teacher's scores from best to worst; those with equal scores stay as they were. */
export function orderedBy(candidates: readonly number[], scores: ArrayLike<number>): OrderedCandidates {
  const places = candidates.map((_, place) => place).sort((a, b) => scores[b]! - scores[a]!);
  return {
    candidates: places.map((place) => candidates[place]!),
    scores: places.map((place) => scores[place]!),
  };
}

/** Candidates in random order: a control. */
export function orderedAtRandom(candidates: readonly number[], key: random.Key): number[] {
  return shuffled(candidates.length, key).map((place) => candidates[place]!);
}
