/** Accuracies on the validation items of each skill, in [0, 1]: before any teaching, and after each round. */
export type SkillAccuracies = readonly (readonly number[])[];

/** How much of the next round each skill is worth, in proportion; not negative. */
export type AllocationPolicy = (accuracies: SkillAccuracies) => readonly number[];

const latestOf = (accuracies: SkillAccuracies) => accuracies.at(-1)!;

/** The same for every skill, whatever the student does. */
export const evenly: AllocationPolicy = (accuracies) => latestOf(accuracies).map(() => 1);

/** A skill is worth what the student still gets wrong in it (DataEnvGym, open-ended level: what is shown are failures). */
export const byError: AllocationPolicy = (accuracies) => latestOf(accuracies).map((accuracy) => 1 - accuracy);

/** The skills whose accuracy is below the median are worth the same, the others nothing (DataEnvGym, skill-list level). */
export const belowMedian: AllocationPolicy = (accuracies) => {
  const accuracy = latestOf(accuracies);
  const sorted = accuracy.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const median = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
  return accuracy.map((one) => Number(one < median));
};

/**
 * A skill is worth its error times its reward, how much its accuracy has risen from round to round, as far as that is positive
 * (DataEnvGym, skill-tree level). The first round is even. Single rewards are noise, so they are averaged, and older ones count less.
 *
 * @param keep what an older reward counts beside the next, in [0, 1)
 */
export function byReward(keep: number): AllocationPolicy {
  return (accuracies) => {
    if (accuracies.length === 1) return evenly(accuracies);
    return latestOf(accuracies).map((accuracy, skill) => {
      const own = accuracies.map((round) => round[skill]!);
      const gains = own.slice(1).map((after, i) => after - own[i]!);
      const reward = gains.slice(1).reduce((mean, gain) => keep * mean + (1 - keep) * gain, gains[0]!);
      return Math.max(reward, 0) * (1 - accuracy);
    });
  };
}

/**
 * Whole numbers in proportion to weights, by largest remainders; evenly where all weights are 0.
 *
 * @param weights not negative
 * @returns numbers that add up to `total`
 */
export function apportioned(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (sum > 0 ? (total * weight) / sum : total / weights.length));
  const counts = exact.map(Math.floor);
  const left = total - counts.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((_, i) => i)
    .sort((a, b) => exact[b]! - counts[b]! - (exact[a]! - counts[a]!) || a - b);
  for (const i of byRemainder.slice(0, left)) counts[i]!++;
  return counts;
}
