import { type BootstrapOptions, percentileInterval, type Statistic } from './bootstrap.js';
import { mean } from './checks.js';
import { pearson } from './correlation.js';
import type { Interval } from './intervals.js';
import { cohenKappa, fleissKappa } from './kappa.js';

/** Yes or no for each item in order; undefined where an annotator said nothing. */
export type Ratings = readonly (boolean | undefined)[];

/** How far annotators of one category agree beyond chance. */
export interface CategoryReliability {
  /** Items that every annotator rated. */
  readonly items: number;
  /** Yeses of each person and of the model. */
  readonly positives: readonly number[];
  /** Mean of Cohen's kappa over the pairs of people: HH. */
  readonly people: Interval;
  /** Mean of Cohen's kappa of the model with each person: HM. */
  readonly model: Interval;
  /** Fleiss' kappa of people and model together, over the items that all rated. */
  readonly all: number;
  /** HM / sqrt(HH), what is left of the model's agreement where people's own unreliability is taken out; NaN if HH is not positive. */
  readonly corrected: number;
}

/**
 * Cohen's kappa over the items that both rated; 0 where they share none.
 *
 * @param positions which items, some perhaps more than once, as a bootstrap draws them; all if not given
 */
export function ratingKappa(first: Ratings, second: Ratings, positions?: ArrayLike<number>): number {
  const [a, b]: [number[], number[]] = [[], []];
  for (let i = 0; i < (positions?.length ?? first.length); i++) {
    const at = positions ? positions[i]! : i;
    if (first[at] === undefined || second[at] === undefined) continue;
    a.push(Number(first[at]));
    b.push(Number(second[at]));
  }
  return a.length === 0 ? 0 : cohenKappa(a, b);
}

/** Mean of Cohen's kappa of a model with each person, as a statistic of items. */
export function modelAgreement(people: readonly Ratings[], model: Ratings): Statistic {
  return (positions) => mean(people.map((person) => ratingKappa(person, model, positions)));
}

/**
 * How far people agree with each other and with a model, with bootstrap intervals over items.
 *
 * @param people two or more
 */
export function categoryReliability(
  people: readonly Ratings[],
  model: Ratings,
  options: BootstrapOptions,
): CategoryReliability {
  const raters = [...people, model];
  const complete = model.map((_, at) => at).filter((at) => raters.every((own) => own[at] !== undefined));
  const counts = complete.map((at) => {
    const positive = raters.filter((own) => own[at]).length;
    return [positive, raters.length - positive];
  });
  const pairs = people.flatMap((one, i) => people.slice(i + 1).map((other) => [one, other] as const));
  const between: Statistic = (positions) =>
    mean(pairs.map(([one, other]) => ratingKappa(one, other, positions)));
  const humans = percentileInterval(between, model.length, options);
  const own = percentileInterval(modelAgreement(people, model), model.length, options);
  return {
    items: complete.length,
    positives: raters.map((ratings) => ratings.filter(Boolean).length),
    people: humans,
    model: own,
    all: counts.length === 0 ? 0 : fleissKappa(counts),
    corrected: own.estimate / Math.sqrt(humans.estimate),
  };
}

/** How well the agreement among people foretells that of a model with people, over categories. */
export interface Foretelling {
  /** Pearson's r; 0 where either is the same in all categories. */
  readonly correlation: number;
  /** Of the least-squares line of the model's kappa on people's. */
  readonly slope: number;
  readonly intercept: number;
  /** The model's kappa less the line's, by category. */
  readonly residuals: readonly number[];
}

/**
 * @param people kappa among people, one a category; two or more
 * @param model kappa of the model with people
 */
export function foretelling(people: readonly number[], model: readonly number[]): Foretelling {
  const r = pearson(people, model);
  const correlation = Number.isFinite(r) ? r : 0;
  const spread = (values: readonly number[]) =>
    Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
  const slope = spread(people) === 0 ? 0 : (correlation * spread(model)) / spread(people);
  const intercept = mean(model) - slope * mean(people);
  return {
    correlation,
    slope,
    intercept,
    residuals: people.map((x, i) => model[i]! - intercept - slope * x),
  };
}
