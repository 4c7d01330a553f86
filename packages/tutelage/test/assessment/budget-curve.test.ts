import { describe, expect, test } from 'vitest';
import {
  areaUnderBudgets,
  bestBudget,
  budgetCurve,
  byDescending,
  explainedCount,
} from '../../src/assessment/budget-curve.js';

const alone = [1, 0, 0, 1, 0];
const helped = [0, 1, 0, 1, 1];

describe('budget curve', () => {
  test('the first of the order are helped, the others are not', () => {
    const { accuracies } = budgetCurve(alone, helped, [4, 1, 0, 2, 3], [0, 0.2, 0.4, 0.6, 1]);
    expect(accuracies).toEqual([0.4, 0.6, 0.8, 0.6, 0.6]);
  });

  test('the area is the mean accuracy over budgets, the best budget the cheapest of the best', () => {
    const curve = { budgets: [0, 0.5, 1], accuracies: [0.2, 0.6, 0.6] };
    expect(areaUnderBudgets(curve)).toBeCloseTo((0.4 + 0.6) / 2, 12);
    expect(bestBudget(curve)).toBe(0.5);
  });

  test('a budget pays for whole questions', () => {
    expect(explainedCount(0.29, 100)).toBe(29);
    expect(explainedCount(0.2, 9)).toBe(1);
    expect(explainedCount(1, 7)).toBe(7);
  });

  test.each([-0.1, 1.1, Number.NaN])('a budget of %d is refused', (budget) => {
    expect(() => budgetCurve(alone, helped, [0, 1, 2, 3, 4], [budget])).toThrow('budget: must be in [0, 1]');
  });

  test('equal scores keep their order', () => {
    expect(byDescending([1, 3, 1, 3])).toEqual([1, 3, 0, 2]);
  });
});
