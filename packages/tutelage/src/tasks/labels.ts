import { UserError } from '../core/errors.js';

/**
 * Labels in ascending order, numeric if all are numbers. A label's position is its class.
 *
 * @param where the files, for the error
 * @throws UserError if there are not two
 */
export function sortedLabels(labels: readonly string[], where: string): string[] {
  if (labels.length < 2) {
    const found = labels.length === 0 ? 'no usable row' : `only "${labels[0]}"`;
    throw new UserError(`two labels are needed, found ${found}: ${where}`);
  }
  const numeric = labels.every((label) => Number.isFinite(Number(label)));
  return numeric ? labels.toSorted((a, b) => Number(a) - Number(b)) : labels.toSorted();
}
