import { expect, test } from 'vitest';
import { neighbourRatings } from '../../src/students/neighbour-ratings.js';

const { NaN: none } = Number;
const known = {
  learners: 3,
  supports: 3,
  // Two learners who like the first more, and one who likes the last more.
  ratings: Float32Array.of(5, 3, 1, 4, 3, 2, 1, 3, 5),
};
const asked = { learners: 1, supports: 3, ratings: Float32Array.of(5, 4, none) };
const options = { similarity: 'pearson', neighbours: 1, itemShare: 0 } as const;

test('the nearest learner tells, from the own mean', () => {
  // The first learner rated the last support 2 below their mean; the own mean is 4.5.
  expect(neighbourRatings(known, asked, options)[2]).toBeCloseTo(2.5, 5);
});

test('a learner who is the opposite counts against', () => {
  const found = neighbourRatings(known, asked, { ...options, neighbours: 3 })[2]!;
  // Deviations -2, -1 and 2 with likenesses 1, 1 and -1.
  expect(found).toBeCloseTo(4.5 + (-2 - 1 - 2) / 3, 5);
});

test('supports that are rated alike tell, those that are not do not count', () => {
  const more = { learners: 3, supports: 3, ratings: Float32Array.of(5, 1, 5, 3, 2, 3, 1, 5, 1) };
  const found = neighbourRatings(
    more,
    { ...asked, ratings: Float32Array.of(4, 1, none) },
    { ...options, itemShare: 1 },
  );
  expect(found[2]).toBeCloseTo(4, 5);
});

test('without a neighbour the own mean is told, without ratings that of all', () => {
  const alone = { ...asked, ratings: Float32Array.of(none, none, none) };
  expect(neighbourRatings(known, alone, options)[0]).toBeCloseTo(3, 5);
});
