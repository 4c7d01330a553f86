import { random } from '@tutelage/engine';
import { percent } from '../assessment/wording.js';
import { UserError } from '../core/errors.js';
import type { CandidateChoice } from '../curricula/ranked-candidates.js';
import { chosenCandidates, orderedAtRandom, orderedBy } from '../curricula/ranked-candidates.js';
import type { PairScorer, TextPair } from './pair-scorer.js';

/** A batch seen from one side: its anchors, the candidates for all of them, and which of these answers each. */
export interface Direction {
  readonly anchors: number;
  readonly candidates: number;
  /** Of each anchor. */
  readonly own: readonly number[];
  pairOf(anchor: number, candidate: number): TextPair;
  /** Whether a candidate is a wrong answer; neither the own one nor one of its group is. */
  isWrong(anchor: number, candidate: number): boolean;
}

export interface OrderingOptions {
  readonly negatives: CandidateChoice;
  /** How many wrong candidates the teacher orders; fewer where an anchor has fewer. */
  readonly candidates: number;
  readonly order: 'teacher' | 'shuffled';
  /**
   * Which candidates lead those below them: all but the last (`rank`), or at most those whose score is above `validAt`
   * (`threshold`), or above the own answer's less `validAt` (`gap`).
   */
  readonly valid: 'rank' | 'threshold' | 'gap';
  readonly validAt: number;
}

/** What teacher and anchors were like so far. */
export interface OrderingTally {
  /** Pairs that the teacher scored. */
  scored: number;
  lists: number;
  /** Lists whose scores were all equal. */
  constant: number;
  /** Neighbours in a list with equal scores. */
  ties: number;
}

/** Wrong candidates of each anchor in the teacher's order, and how many of them lead others; lists are of one length. */
export interface Ordering {
  readonly lists: readonly (readonly number[])[];
  readonly valid: readonly number[];
}

/**
 * Lets a teacher order the wrong candidates that the student's scores choose. Equal scores stay in the student's order.
 *
 * @param scores the student's, [anchors, candidates]
 * @throws {UserError} when an anchor has no wrong candidate
 */
export async function orderedCandidates(
  direction: Direction,
  scores: Float32Array,
  teacher: PairScorer,
  options: OrderingOptions,
  context: { readonly key: random.Key; readonly signal: AbortSignal; readonly tally: OrderingTally },
): Promise<Ordering> {
  const { own, candidates, pairOf, isWrong } = direction;
  const chosen = own.map((_, anchor) =>
    chosenCandidates(
      scores.subarray(anchor * candidates, (anchor + 1) * candidates),
      (candidate) => isWrong(anchor, candidate),
      options.negatives,
      options.candidates,
    ),
  );
  const length = Math.min(...chosen.map((list) => list.length));
  const lists = chosen.map((list) => list.slice(0, length));
  if (length === 0) {
    throw new UserError('a batch without wrong candidates', {
      hint: 'raise pool, so that candidates are not all of one group',
    });
  }
  const byRank = length - 1;
  if (options.order === 'shuffled') {
    const shuffledLists = lists.map((list, i) => orderedAtRandom(list, random.foldIn(context.key, i)));
    return { lists: shuffledLists, valid: lists.map(() => byRank) };
  }
  const { tally, signal } = context;
  const ask = async (pairs: readonly TextPair[]) => {
    tally.scored += pairs.length;
    return teacher.score(pairs, signal);
  };
  const found = await ask(lists.flatMap((list, anchor) => list.map((one) => pairOf(anchor, one))));
  const answers =
    options.valid === 'gap' ? await ask(own.map((answer, anchor) => pairOf(anchor, answer))) : undefined;
  const ordered = lists.map((list, anchor) =>
    orderedBy(list, found.subarray(anchor * length, (anchor + 1) * length)),
  );
  for (const list of ordered) {
    tally.lists++;
    tally.ties += list.scores.filter((score, i) => score === list.scores[i - 1]).length;
    if (length > 1 && list.scores[0] === list.scores.at(-1)) tally.constant++;
  }
  const valid = ordered.map((list, anchor) => {
    if (options.valid === 'rank') return byRank;
    const least = answers ? answers[anchor]! - options.validAt : options.validAt;
    return Math.min(byRank, list.scores.filter((score) => score > least).length);
  });
  return { lists: ordered.map((list) => list.candidates), valid };
}

const fewestLists = 200;

/** @throws {UserError} when most lists so far were of equal scores: their order is then the student's own */
export function checkDiscrimination({ lists, constant }: OrderingTally): void {
  if (lists < fewestLists || constant <= lists / 2) return;
  throw new UserError(`the teacher does not discriminate on ${percent(constant / lists)} of the anchors`, {
    detail: 'it gives all candidates of a list one score',
    hint: 'give its logits instead of probabilities, or another teacher',
  });
}
