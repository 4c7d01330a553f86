import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { shuffled } from '../curricula/weighted-draw.js';
import { bestOf } from '../search/hits.js';
import type { Direction } from './ordered-candidates.js';
import type { PairScorer } from './pair-scorer.js';

/** Who chooses the wrong candidates that are contrasted: the teacher takes those that it likes best, the student likewise. */
export const selectors = ['teacher', 'student', 'random', 'mixed'] as const;

export type Selector = (typeof selectors)[number];

/** Of each anchor: its own answer and then wrong candidates, all lists of one length, and the teacher's scores of them. */
export interface SelectedCandidates {
  readonly lists: readonly (readonly number[])[];
  readonly teacher: readonly (readonly number[])[];
  /** Pairs that the teacher was asked for. */
  readonly scored: number;
}

/**
 * Chooses wrong candidates, and asks the teacher about them.
 *
 * @param scores the student's, [anchors, candidates]
 * @param count wrong candidates of an anchor; fewer where an anchor has fewer
 * @throws {UserError} when an anchor has no wrong candidate
 */
export async function selectedCandidates(
  direction: Direction,
  scores: Float32Array,
  teacher: PairScorer,
  { selector, candidates: count }: { readonly selector: Selector; readonly candidates: number },
  { key, signal }: { readonly key: random.Key; readonly signal: AbortSignal },
): Promise<SelectedCandidates> {
  const { own, candidates, pairOf, isWrong } = direction;
  const all = Array.from({ length: candidates }, (_, one) => one);
  const wrong = own.map((_, anchor) => all.filter((one) => isWrong(anchor, one)));
  const ask = async (lists: readonly (readonly number[])[]) => {
    const found = await teacher.score(
      lists.flatMap((list, anchor) => list.map((one) => pairOf(anchor, one))),
      signal,
    );
    let at = 0;
    return lists.map((list) => list.map(() => found[at++]!));
  };
  const best = (some: readonly number[], scoreOf: (place: number) => number, most: number) =>
    Array.from(
      bestOf(
        some.map((_, place) => scoreOf(place)),
        most,
      ).rows,
      (place) => some[place]!,
    );
  const ofStudent = (anchor: number, some: readonly number[], most: number) =>
    best(some, (place) => scores[anchor * candidates + some[place]!]!, most);
  const asksAll = selector === 'teacher' || selector === 'mixed';
  const known = asksAll ? await ask(wrong) : [];
  const chosen = wrong.map((some, anchor) => {
    if (selector === 'student') return ofStudent(anchor, some, count);
    if (selector === 'random') {
      return shuffled(some.length, random.foldIn(key, anchor))
        .slice(0, count)
        .map((place) => some[place]!);
    }
    const scoreOf = (place: number) => known[anchor]![place]!;
    if (selector === 'teacher') return best(some, scoreOf, count);
    const half = best(some, scoreOf, count >> 1);
    return [
      ...half,
      ...ofStudent(
        anchor,
        some.filter((one) => !half.includes(one)),
        count - half.length,
      ),
    ];
  });
  const length = Math.min(...chosen.map((list) => list.length));
  if (length === 0) {
    throw new UserError('a batch without wrong candidates', {
      hint: 'raise pool, so that candidates are not all of one group',
    });
  }
  const lists = chosen.map((list, anchor) => [own[anchor]!, ...list.slice(0, length)]);
  const asked = wrong.reduce((sum, some) => sum + (asksAll ? some.length : length), own.length);
  return { lists, teacher: await ask(lists), scored: asked };
}
