import { checkPaired } from './checks.js';

/** How often examples of a class (row) were taken for another (column). */
export interface ConfusionMatrix {
  /** Number of classes. */
  readonly size: number;
  /** Row by row, [size, size]. */
  readonly counts: Int32Array;
}

/**
 * @param classes the true class of each example, in [0, size)
 * @param predicted the class that was answered
 * @throws RangeError if a class is outside, or the lists differ in length
 */
export function confusionMatrix(
  classes: ArrayLike<number>,
  predicted: ArrayLike<number>,
  size: number,
): ConfusionMatrix {
  checkPaired('confusion matrix', classes, predicted);
  const counts = new Int32Array(size * size);
  for (let i = 0; i < classes.length; i++) {
    const [row, column] = [classes[i]!, predicted[i]!];
    if (!isClass(row, size) || !isClass(column, size)) {
      throw new RangeError(`no such class: ${isClass(row, size) ? column : row}; there are ${size}`);
    }
    counts[row * size + column]! += 1;
  }
  return { size, counts };
}

function isClass(value: number, size: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < size;
}

/** A class that is taken for another. */
export interface ConfusedPair {
  readonly actual: number;
  readonly predicted: number;
  readonly count: number;
}

/** The pairs confused most often, at most `limit`. */
export function topConfusions({ size, counts }: ConfusionMatrix, limit: number): ConfusedPair[] {
  return Array.from(counts, (count, at) => ({
    actual: Math.floor(at / size),
    predicted: at % size,
    count,
  }))
    .filter(({ actual, predicted, count }) => actual !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, limit);
}
