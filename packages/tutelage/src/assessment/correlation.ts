import { checkPaired, mean } from './checks.js';
import { midranks, tieSizes } from './ranks.js';

/** Pearson's product-moment correlation, in [-1, 1]; NaN if one list is constant. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkPaired('correlation', x, y);
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - meanX, y[i]! - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Spearman's rank correlation: Pearson's of the ranks, equal values sharing theirs. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkPaired('rank correlation', x, y);
  return pearson(midranks(x), midranks(y));
}

/**
 * Kendall's tau-b, corrected for ties, in [-1, 1]; NaN if one list is constant. In n log n steps: discordant pairs are the
 * exchanges of a merge sort (Knight 1966).
 */
export function kendall(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkPaired('rank correlation', x, y);
  const order = Array.from({ length: x.length }, (_, i) => i).sort((a, b) => x[a]! - x[b]! || y[a]! - y[b]!);
  const all = pairs(x.length);
  const tiedX = sum(tieSizes(x).map(pairs));
  const tiedY = sum(tieSizes(y).map(pairs));
  const tiedBoth = sum(jointTieSizes(order, x, y).map(pairs));
  const discordant = inversions(Float64Array.from(order, (i) => y[i]!));
  const concordantLessDiscordant = all - tiedX - tiedY + tiedBoth - 2 * discordant;
  return concordantLessDiscordant / Math.sqrt((all - tiedX) * (all - tiedY));
}

function pairs(count: number): number {
  return (count * (count - 1)) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function jointTieSizes(order: readonly number[], x: ArrayLike<number>, y: ArrayLike<number>): number[] {
  const sizes: number[] = [];
  order.forEach((i, place) => {
    const before = order[place - 1];
    if (before !== undefined && x[before] === x[i] && y[before] === y[i]) sizes[sizes.length - 1]! += 1;
    else sizes.push(1);
  });
  return sizes;
}

/** Number of pairs in descending order; sorts `values`. */
function inversions(values: Float64Array): number {
  if (values.length < 2) return 0;
  const middle = values.length >> 1;
  const [left, right] = [values.slice(0, middle), values.slice(middle)];
  let count = inversions(left) + inversions(right);
  let taken = 0;
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const fromRight = i === left.length || (j < right.length && right[j]! < left[i]!);
    if (fromRight) count += left.length - i;
    values[taken++] = fromRight ? right[j++]! : left[i++]!;
  }
  return count;
}
