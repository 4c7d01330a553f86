import { random, toNumbers } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { type Lesson, positionsOf } from '../../src/language/lessons.js';
import { groupedPasses, type LessonPass, lessonPasses, passShape } from '../../src/students/lesson-passes.js';

const dice = random.stream(random.key(1));
const tokens = () => Array.from({ length: 2 + dice.integer(30) }, () => 1 + dice.integer(90));
const lessons: Lesson[] = Array.from({ length: 80 }, () => ({ prompt: tokens(), answer: tokens() }));

/** What the passes hold at the place of each lesson. */
function readAt(passes: readonly LessonPass[]): Map<number, number[]> {
  return new Map(
    passes.flatMap(({ batch, places }) =>
      [...places].map(([i, { row, segment, start }]) => {
        const from = row * batch.tokens.shape[1]! + start;
        const size = positionsOf(lessons[i]!);
        const segments = toNumbers(batch.segments).slice(from, from + size);
        expect(new Set(segments)).toEqual(new Set([segment]));
        return [i, toNumbers(batch.tokens).slice(from, from + size)] as const;
      }),
    ),
  );
}

const expected = new Map(lessons.map(({ prompt, answer }, i) => [i, [...prompt, ...answer].slice(0, -1)]));

test('each lesson is where its place says, in passes of one shape with little padding', () => {
  const shape = passShape(lessons, 1);
  expect(shape).toEqual({ length: 64, rows: 8 });
  const passes = lessonPasses(lessons, shape, 0);
  expect(readAt(passes)).toEqual(expected);
  for (const { batch } of passes) expect(batch.tokens.shape).toEqual([8, 64]);
  const used = lessons.reduce((sum, lesson) => sum + positionsOf(lesson), 0);
  expect(used / (512 * passes.length)).toBeGreaterThan(0.75);
});

test('lessons of a group are in one pass', () => {
  const groups = Array.from({ length: 40 }, (_, i) => [2 * i, 2 * i + 1]);
  const passes = groupedPasses(lessons, groups, { length: 64, rows: 2 }, 0);
  expect(new Map([...readAt(passes)].sort(([a], [b]) => a - b))).toEqual(expected);
  for (const [one, other] of groups) {
    expect(passes.filter(({ places }) => places.has(one!) && places.has(other!))).toHaveLength(1);
  }
});

test('rows are as many as a group has lessons, however long these are', () => {
  const long = { prompt: tokens(), answer: Array.from({ length: 700 }, () => 1) };
  const { rows, length } = passShape([long], 2);
  expect(rows).toBe(2);
  expect(length % 32).toBe(0);
  expect(length).toBeGreaterThanOrEqual(positionsOf(long));
});
