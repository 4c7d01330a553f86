import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { isUseful, ofLearners, type Questionnaire } from '../tasks/questionnaires/questionnaire.js';
import { type NeighbourOptions, neighbourRatings } from './neighbour-ratings.js';
import { learnerFolds } from './support-folds.js';

export interface HiddenRatingsOptions {
  readonly folds: number;
  /** Share of a learner's ratings that are hidden. */
  readonly hidden: number;
  readonly seed: number;
}

/**
 * How hidden ratings of learners are told by their others and by what further learners said: by neighbours, or by the mean of each support.
 *
 * @returns mean absolute error, and share of right answers to whether a support is useful
 */
export function hiddenRatings(
  data: Questionnaire,
  { folds, hidden, seed }: HiddenRatingsOptions,
  options?: NeighbourOptions,
): { readonly accuracy: number; readonly error: number } {
  const width = data.supports.length;
  const key = random.foldIn(random.key(seed), 'folds');
  const dice = random.stream(random.foldIn(random.key(seed), 'hidden'));
  const errors: number[] = [];
  const right: number[] = [];
  for (const held of learnerFolds(data.learners.length, folds, key)) {
    const others = new Set(held);
    const known = ofLearners(
      data,
      data.learners.flatMap((_, row) => (others.has(row) ? [] : [row])),
    );
    const asked = ofLearners(data, held);
    const masked = asked.ratings.map((rating) => (dice.uniform() < hidden ? Number.NaN : rating));
    const tables = [
      { learners: known.learners.length, supports: width, ratings: known.ratings },
      { learners: held.length, supports: width, ratings: masked },
    ] as const;
    const found = options ? neighbourRatings(...tables, options) : supportMeans(known, held.length);
    asked.ratings.forEach((rating, at) => {
      if (Number.isNaN(rating) || !Number.isNaN(masked[at]!)) return;
      errors.push(Math.abs(found[at]! - rating));
      const useful = isUseful(asked, Math.floor(at / width), at % width);
      right.push(Number(found[at]! >= data.threshold === useful));
    });
  }
  return { accuracy: mean(right), error: mean(errors) };
}

function supportMeans({ learners, supports, ratings }: Questionnaire, rows: number): Float32Array {
  const width = supports.length;
  const means = supports.map((_, k) =>
    mean(
      learners.flatMap((_, row) => {
        const rating = ratings[row * width + k]!;
        return Number.isNaN(rating) ? [] : [rating];
      }),
    ),
  );
  return Float32Array.from({ length: rows * width }, (_, at) => means[at % width]!);
}
