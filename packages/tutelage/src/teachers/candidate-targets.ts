import { type random, type Tensor, tensor } from '@tutelage/engine';
import {
  type Direction,
  type OrderingOptions,
  type OrderingTally,
  orderedCandidates,
} from './ordered-candidates.js';
import type { PairScorer } from './pair-scorer.js';

/** What one direction's loss compares with, for n anchors and m candidates. */
export type CandidateTargets<T> = {
  /** The candidate that answers each anchor, [n]. */
  readonly own: T;
  /** Candidates that are neither the own answer nor wrong, [n, m]. */
  readonly masked: T;
  /** Wrong ones in the teacher's order, [n, k], and how many of them lead others, [n]. */
  readonly candidates?: T;
  readonly valid?: T;
  /** The teacher's scores, [n, m]. */
  readonly teacher?: T;
};

/** What contrast alone compares with. */
export function contrastTargets({
  own,
  anchors,
  candidates,
  isWrong,
}: Direction): Pick<CandidateTargets<Tensor>, 'own' | 'masked'> {
  const masked = own.flatMap((answer, anchor) =>
    Array.from({ length: candidates }, (_, one) => (one === answer || isWrong(anchor, one) ? 0 : 1)),
  );
  return {
    own: tensor(Int32Array.from(own)),
    masked: tensor(Uint8Array.from(masked), [anchors, candidates], 'bool'),
  };
}

/** What is asked of the teacher: nothing, the order of some candidates, or its scores of all. */
export type TeacherTarget = 'none' | 'order' | 'scores';

/**
 * Asks a teacher about one direction of a batch.
 *
 * @param scores the student's, [n, m], which choose the candidates
 */
export async function candidateTargets(
  direction: Direction,
  scores: Float32Array,
  teacher: PairScorer,
  target: TeacherTarget,
  options: OrderingOptions,
  context: { readonly key: random.Key; readonly signal: AbortSignal; readonly tally: OrderingTally },
): Promise<CandidateTargets<Tensor>> {
  const { own, anchors, candidates, pairOf } = direction;
  const base = contrastTargets(direction);
  if (target === 'none') return base;
  if (target === 'scores') {
    const all = own.flatMap((_, anchor) =>
      Array.from({ length: candidates }, (_, candidate) => [anchor, candidate] as const),
    );
    const found = await teacher.score(
      all.map((pair) => pairOf(...pair)),
      context.signal,
    );
    context.tally.scored += all.length;
    return { ...base, teacher: tensor(Float32Array.from(found), [anchors, candidates]) };
  }
  const { lists, valid } = await orderedCandidates(direction, scores, teacher, options, context);
  return {
    ...base,
    candidates: tensor(Int32Array.from(lists.flat()), [anchors, lists[0]!.length]),
    valid: tensor(Int32Array.from(valid)),
  };
}
