import type { Tensor } from '@tutelage/engine';
import { type Lesson, type LessonBatch, lessonBatch, packLessons, positionsOf } from '../language/lessons.js';

/**
 * Tokens that go through a model together. Memory grows with them (in training, a model of 135 M parameters keeps about 1.5 MB for each, and
 * its logits), and beyond this speed hardly does.
 */
const tokensAtOnce = 512;

/** Rows have a multiple of so many tokens. */
const unit = 32;

/** Sizes that all passes of some lessons have, so that one program is compiled for them. */
export interface PassShape {
  readonly rows: number;
  readonly length: number;
}

/** Lessons that go through a model together, several in a row where they fit. */
export interface LessonPass {
  readonly batch: LessonBatch<Tensor>;
  /** The places of each lesson, by the lesson's number. */
  readonly places: ReadonlyMap<number, LessonPlace>;
}

export interface LessonPlace {
  readonly row: number;
  /** The lesson's number in its row, from 1. */
  readonly segment: number;
  /** Of its first position in the row. */
  readonly start: number;
}

/**
 * Sizes for lessons: rows as long as the longest of them, and as many as make some hundred tokens.
 *
 * @param groupSize lessons that need to be in one pass
 */
export function passShape(lessons: readonly Lesson[], groupSize: number): PassShape {
  const longest = lessons.reduce((most, lesson) => Math.max(most, positionsOf(lesson)), 1);
  const length = unit * Math.ceil(longest / unit);
  return { length, rows: Math.max(groupSize, Math.floor(tokensAtOnce / length)) };
}

/**
 * Lays lessons out in as few passes as first fit finds.
 *
 * @throws {UserError} when a lesson has no answer
 */
export function lessonPasses(lessons: readonly Lesson[], shape: PassShape, padding: number): LessonPass[] {
  const rows = packLessons(lessons, shape.length);
  return Array.from({ length: Math.ceil(rows.length / shape.rows) }, (_, i) =>
    passOf(lessons, rows.slice(i * shape.rows, (i + 1) * shape.rows), shape, padding),
  );
}

/**
 * Lays groups of lessons out in passes, each group within one.
 *
 * @param groups of the numbers of lessons, each no larger than a pass has rows
 * @throws {UserError} when a lesson has no answer
 */
export function groupedPasses(
  lessons: readonly Lesson[],
  groups: readonly (readonly number[])[],
  shape: PassShape,
  padding: number,
): LessonPass[] {
  const rowsOf = (members: readonly number[]) =>
    packLessons(
      members.map((i) => lessons[i]!),
      shape.length,
    ).map((row) => row.map((i) => members[i]!));
  const passes: number[][] = [];
  for (const group of groups) {
    const open = passes.find((pass) => rowsOf([...pass, ...group]).length <= shape.rows);
    if (open) open.push(...group);
    else passes.push([...group]);
  }
  return passes.map((pass) => passOf(lessons, rowsOf(pass), shape, padding));
}

function passOf(
  lessons: readonly Lesson[],
  rows: readonly (readonly number[])[],
  { rows: count, length }: PassShape,
  padding: number,
): LessonPass {
  const filled = Array.from({ length: count }, (_, row) => (rows[row] ?? []).map((i) => lessons[i]!));
  const places = new Map<number, LessonPlace>();
  rows.forEach((row, at) => {
    let start = 0;
    row.forEach((lesson, i) => {
      places.set(lesson, { row: at, segment: i + 1, start });
      start += positionsOf(lessons[lesson]!);
    });
  });
  return { batch: lessonBatch(filled, { length, padding }), places };
}
