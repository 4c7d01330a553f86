import { checkPaired, mean } from './checks.js';

/** How well a student does when a share of its questions is explained to it, those in front of an order first. */
export interface BudgetCurve {
  /** Shares of the questions, ascending, in [0, 1]. */
  readonly budgets: readonly number[];
  /** Share of all questions answered right at each budget. */
  readonly accuracies: readonly number[];
}

/**
 * The accuracy at each budget b: the first floor(b n) questions of the order count as they were answered with help, the others as
 * they were answered alone (Saha et al. 2023, section 3).
 *
 * @param alone 1 where the student is right alone, else 0
 * @param helped the same with an explanation
 * @param order all positions, those to be explained first in front
 * @throws RangeError for a budget outside of [0, 1]
 */
export function budgetCurve(
  alone: ArrayLike<number>,
  helped: ArrayLike<number>,
  order: readonly number[],
  budgets: readonly number[],
): BudgetCurve {
  checkPaired('budget curve', alone, helped);
  checkPaired('budget curve', alone, order);
  const accuracies = budgets.map((budget) => {
    const explained = explainedCount(budget, order.length);
    return mean(order.map((at, place) => (place < explained ? helped[at]! : alone[at]!)));
  });
  return { budgets, accuracies };
}

/**
 * How many of `size` questions a budget pays for.
 *
 * @throws RangeError for a budget outside of [0, 1]
 */
export function explainedCount(budget: number, size: number): number {
  if (!(budget >= 0 && budget <= 1)) throw new RangeError(`budget: must be in [0, 1]: ${budget}`);
  // 0.29 times 100 is a little less than 29.
  return Math.floor(budget * size + 1e-9);
}

/** Positions by descending score; equal ones keep their order. */
export function byDescending(scores: ArrayLike<number>): number[] {
  return Array.from(scores, (_, at) => at).sort((a, b) => scores[b]! - scores[a]!);
}

/** Mean accuracy over all budgets between the first and the last, by trapezia. */
export function areaUnderBudgets({ budgets, accuracies }: BudgetCurve): number {
  let area = 0;
  for (let i = 1; i < budgets.length; i++) {
    area += ((budgets[i]! - budgets[i - 1]!) * (accuracies[i]! + accuracies[i - 1]!)) / 2;
  }
  return area / (budgets.at(-1)! - budgets[0]!);
}

/** The budget with the greatest accuracy; the smallest of equals. */
export function bestBudget({ budgets, accuracies }: BudgetCurve): number {
  return budgets[accuracies.indexOf(Math.max(...accuracies))]!;
}
