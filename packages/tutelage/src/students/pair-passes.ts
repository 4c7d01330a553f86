import { type Tensor, tensor } from '@tutelage/engine';
import type { Lesson, LessonBatch } from '../language/lessons.js';
import type { Pairs } from '../objectives/preference.js';
import { groupedPasses, type LessonPlace, type PassShape } from './lesson-passes.js';

/** Two answers to a prompt, in tokens, the better one first. */
export interface LessonPair {
  readonly chosen: Lesson;
  readonly rejected: Lesson;
}

/** The lessons of pairs, that of pair i's chosen answer at 2 i and that of its rejected one at 2 i + 1. */
export const lessonsOf = (pairs: readonly LessonPair[]): Lesson[] =>
  pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);

/** Pairs that go through a model together. There are as many slots for them in each pass, some of them empty. */
export interface PairPass {
  readonly batch: LessonBatch<Tensor>;
  /** Numbers of the pairs, by slot. */
  readonly members: readonly number[];
  /** Where the two answers of each pair are found, [slots] each, of int32. */
  readonly at: Pairs<Tensor>;
  /** What each pair counts, [slots]: the mean over passes of their weighted sums is the mean over pairs. */
  readonly weights: Tensor;
}

/**
 * Lays the pairs of an update out in passes.
 *
 * @param slots the most pairs that an update has
 * @param positionOf where an answer is found, from its place and its lesson
 */
export function pairPasses(
  pairs: readonly LessonPair[],
  shape: PassShape,
  { slots, padding }: { readonly slots: number; readonly padding: number },
  positionOf: (place: LessonPlace, lesson: Lesson) => number,
): PairPass[] {
  const lessons = lessonsOf(pairs);
  const groups = pairs.map((_, i) => [2 * i, 2 * i + 1]);
  const passes = groupedPasses(lessons, groups, shape, padding);
  return passes.map(({ batch, places }) => {
    const members = [...pairs.keys()].filter((i) => places.has(2 * i));
    const at = (side: 0 | 1) => {
      const positions = new Int32Array(slots);
      members.forEach((pair, slot) => {
        const i = 2 * pair + side;
        positions[slot] = positionOf(places.get(i)!, lessons[i]!);
      });
      return tensor(positions);
    };
    const weights = inSlots(
      members.map(() => passes.length / pairs.length),
      slots,
    );
    return { batch, members, at: { chosen: at(0), rejected: at(1) }, weights };
  });
}

/** Numbers of the pairs of a pass in their slots, [slots]. */
export function inSlots(values: readonly number[], slots: number): Tensor {
  const data = new Float32Array(slots);
  data.set(values);
  return tensor(data);
}
