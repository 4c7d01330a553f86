import { type Tensor, tensor } from '@tutelage/engine';
import { UserError } from '../core/errors.js';

/** A prompt and the answer to learn, in tokens. */
export interface Lesson {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
}

/** Lessons as a causal language model is trained on them: several in a row where they fit. */
export interface LessonBatch<T> {
  /** Ids that the model reads, [rows, length]. */
  readonly tokens: T;
  /** Ids that follow them, [rows, length]. */
  readonly next: T;
  /** 1 where the following token belongs to an answer, or its share of the answer, else 0, [rows, length]. */
  readonly counted: T;
  /** Number of the lesson in its row, from 1; 0 for padding, [rows, length]. */
  readonly segments: T;
}

/**
 * Packs lessons into rows of at most `length` tokens, each into the first row that has room (first fit), so that little is padding.
 * Each lesson stays whole.
 *
 * @param length of a row; a lesson takes one position less than it has tokens, since the last is predicted and not read
 * @returns the places of the lessons, by row
 * @throws {UserError} when a lesson is longer than a row, or has no answer
 */
export function packLessons(lessons: readonly Lesson[], length: number): number[][] {
  const rows: { readonly lessons: number[]; free: number }[] = [];
  // Rows before this one are full: the search need not look at them again.
  let open = 0;
  lessons.forEach((lesson, i) => {
    const size = positionsOf(lesson);
    if (lesson.answer.length === 0) throw new UserError(`a lesson without an answer: number ${i + 1}`);
    if (size > length) {
      throw new UserError(`a lesson is too long: number ${i + 1}: ${size} tokens`, {
        detail: `rows have ${length}`,
        hint: 'cut it, leave it out, or make rows longer',
      });
    }
    while (open < rows.length && rows[open]!.free < fullBelow) open++;
    const row = rows.slice(open).find(({ free }) => free >= size);
    if (row) {
      row.lessons.push(i);
      row.free -= size;
    } else rows.push({ lessons: [i], free: length - size });
  });
  return rows.map((row) => row.lessons);
}

/** A row with less room than this is taken for full. */
const fullBelow = 4;

/** Positions of a row that a lesson takes. */
export function positionsOf({ prompt, answer }: Lesson): number {
  return prompt.length + answer.length - 1;
}

export interface LessonBatchOptions {
  /** Positions of a row. */
  readonly length: number;
  /** Id of the token that fills rows up; it is never learned. */
  readonly padding: number;
  /** What weighs the same as another: each token of the answers unless told, or each answer, whatever its length. */
  readonly equal?: 'tokens' | 'answers';
}

/** The tensors of rows of lessons. Prompts are read and not learned. */
export function lessonBatch(
  rows: readonly (readonly Lesson[])[],
  { length, padding, equal = 'tokens' }: LessonBatchOptions,
): LessonBatch<Tensor> {
  const size = rows.length * length;
  const tokens = new Int32Array(size).fill(padding);
  const next = new Int32Array(size).fill(padding);
  const counted = new Float32Array(size);
  const segments = new Int32Array(size);
  rows.forEach((lessons, row) => {
    let at = row * length;
    lessons.forEach((lesson, i) => {
      const all = [...lesson.prompt, ...lesson.answer];
      const count = positionsOf(lesson);
      tokens.set(all.slice(0, -1), at);
      next.set(all.slice(1), at);
      const weight = equal === 'answers' ? 1 / lesson.answer.length : 1;
      counted.fill(weight, at + lesson.prompt.length - 1, at + count);
      segments.fill(i + 1, at, at + count);
      at += count;
    });
    if (at > (row + 1) * length) throw new RangeError(`a row of lessons is longer than ${length}`);
  });
  const shape = [rows.length, length];
  return {
    tokens: tensor(tokens, shape),
    next: tensor(next, shape),
    counted: tensor(counted, shape),
    segments: tensor(segments, shape),
  };
}
