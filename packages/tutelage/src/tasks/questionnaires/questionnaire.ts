/** An item of a questionnaire, rated from `low` to `high`. */
export interface RatedItem {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

/** A tool or a strategy whose use learners rate. */
export interface Support extends RatedItem {
  readonly kind: 'tool' | 'strategy';
}

/** What learners said of their difficulties, and of what helps them. */
export interface Questionnaire {
  readonly learners: readonly string[];
  readonly features: readonly RatedItem[];
  /** [learners x features]; NaN where there is no answer. */
  readonly answers: Float32Array;
  readonly supports: readonly Support[];
  /** [learners x supports]; NaN where a learner has never used it, which says nothing of its use. */
  readonly ratings: Float32Array;
  /** A support is useful from this rating on. */
  readonly threshold: number;
}

/** Whether a support is useful to a learner; undefined where that is not known. */
export function isUseful(
  { supports, ratings, threshold }: Questionnaire,
  learner: number,
  support: number,
): boolean | undefined {
  const rating = ratings[learner * supports.length + support]!;
  return Number.isNaN(rating) ? undefined : rating >= threshold;
}

/** Places of learners whose answers are all the same: they have not read the questions. */
export function straightLiners({ learners, features, answers }: Questionnaire): number[] {
  const width = features.length;
  return learners.flatMap((_, row) => {
    const given = answers.subarray(row * width, (row + 1) * width).filter((answer) => !Number.isNaN(answer));
    return given.length > 1 && given.every((answer) => answer === given[0]) ? [row] : [];
  });
}

/** The questionnaire of some learners, by their places. */
export function ofLearners(data: Questionnaire, rows: readonly number[]): Questionnaire {
  const picked = (from: Float32Array, width: number) => {
    const into = new Float32Array(rows.length * width);
    rows.forEach((row, i) => {
      into.set(from.subarray(row * width, (row + 1) * width), i * width);
    });
    return into;
  };
  return {
    ...data,
    learners: rows.map((row) => data.learners[row]!),
    answers: picked(data.answers, data.features.length),
    ratings: picked(data.ratings, data.supports.length),
  };
}

/** The questionnaire with some supports alone, by their places. */
export function withSupports(data: Questionnaire, places: readonly number[]): Questionnaire {
  const width = data.supports.length;
  const ratings = Float32Array.from({ length: data.learners.length * places.length }, (_, i) => {
    const learner = Math.floor(i / places.length);
    return data.ratings[learner * width + places[i % places.length]!]!;
  });
  return { ...data, supports: places.map((place) => data.supports[place]!), ratings };
}
