import { isUseful, type Questionnaire } from '../tasks/questionnaires/questionnaire.js';
import { auc } from './auc.js';
import { mean } from './checks.js';

/** How well one support's use is told, over learners who rated it and were not learned of. */
export interface SupportReliability {
  readonly name: string;
  readonly rated: number;
  /** Share to whom it is useful. */
  readonly prevalence: number;
  /** Share of right answers, useful from a chance of one half on; and that of always giving the more frequent answer. */
  readonly accuracy: number;
  readonly majority: number;
  /** Mean of sensitivity and specificity, useful from the prevalence among those that it was learned of on. */
  readonly balanced: number;
  readonly auc: number;
  readonly brier: number;
}

/**
 * @param chances that supports are useful, [learners x supports], each of a model that has not seen the learner
 * @param thresholds prevalence among those that the model has seen, [learners x supports]
 */
export function supportReliability(
  data: Questionnaire,
  chances: ArrayLike<number>,
  thresholds: ArrayLike<number>,
): SupportReliability[] {
  const width = data.supports.length;
  return data.supports.map(({ name }, support) => {
    const cells = data.learners.flatMap((_, row) => {
      const useful = isUseful(data, row, support);
      const at = row * width + support;
      return useful === undefined
        ? []
        : [{ useful: Number(useful), chance: chances[at]!, threshold: thresholds[at]! }];
    });
    const positives = cells.filter(({ useful }) => useful === 1);
    const negatives = cells.filter(({ useful }) => useful === 0);
    const above = (some: typeof cells) =>
      mean(some.map(({ chance, threshold }) => Number(chance >= threshold)));
    const both = positives.length > 0 && negatives.length > 0;
    const prevalence = positives.length / cells.length;
    return {
      name,
      rated: cells.length,
      prevalence,
      accuracy: mean(cells.map(({ useful, chance }) => Number(chance >= 0.5 === (useful === 1)))),
      majority: Math.max(prevalence, 1 - prevalence),
      balanced: both ? (above(positives) + 1 - above(negatives)) / 2 : 0.5,
      auc: both
        ? auc(
            cells.map(({ useful }) => useful),
            cells.map(({ chance }) => chance),
          )
        : 0.5,
      brier: mean(cells.map(({ useful, chance }) => (useful - chance) ** 2)),
    };
  });
}
