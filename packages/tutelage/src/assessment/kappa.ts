import { checkPaired, checkSome, mean } from './checks.js';

/**
 * Agreement of two raters beyond chance (Cohen 1960), at most 1. Two raters who always say the same one thing agree by chance
 * alone: 1 by convention here.
 */
export function cohenKappa(first: ArrayLike<number>, second: ArrayLike<number>): number {
  checkPaired('kappa', first, second);
  const shares = new Map<number, [number, number]>();
  let alike = 0;
  for (let i = 0; i < first.length; i++) {
    if (first[i] === second[i]) alike += 1;
    share(shares, first[i]!)[0] += 1 / first.length;
    share(shares, second[i]!)[1] += 1 / first.length;
  }
  const expected = [...shares.values()].reduce((sum, [a, b]) => sum + a * b, 0);
  return beyondChance(alike / first.length, expected);
}

function share(shares: Map<number, [number, number]>, label: number): [number, number] {
  const known = shares.get(label) ?? [0, 0];
  shares.set(label, known);
  return known;
}

function beyondChance(observed: number, expected: number): number {
  return expected >= 1 ? 1 : (observed - expected) / (1 - expected);
}

/**
 * Agreement of several raters beyond chance (Fleiss 1971).
 *
 * @param counts how many raters put an item in a category, [items][categories]; each item has as many ratings, two or more
 */
export function fleissKappa(counts: readonly ArrayLike<number>[]): number {
  checkSome('kappa', counts);
  const total = (row: ArrayLike<number>) => Array.from(row).reduce((sum, count) => sum + count, 0);
  const raters = total(counts[0]!);
  if (raters < 2 || counts.some((row) => total(row) !== raters)) {
    throw new RangeError('kappa: every item needs as many ratings, two or more');
  }
  const squares = (row: ArrayLike<number>) => Array.from(row).reduce((sum, count) => sum + count ** 2, 0);
  const observed = mean(counts.map((row) => (squares(row) - raters) / (raters * (raters - 1))));
  const shares = Array.from(counts[0]!, (_, category) => mean(counts.map((row) => row[category]! / raters)));
  return beyondChance(observed, squares(shares));
}

/**
 * Krippendorff's alpha for nominal data (Krippendorff 2011, "Computing Krippendorff's alpha-reliability"): any number of raters, and
 * ratings may be missing.
 *
 * @param ratings the category that each rater gave, [items][raters], undefined where none; items with fewer than two don't count
 * @throws RangeError if no item has two ratings
 */
export function krippendorffAlpha(ratings: readonly (readonly (number | undefined)[])[]): number {
  const totals = new Map<number, number>();
  let n = 0;
  let disagreement = 0;
  for (const item of ratings) {
    const given = item.filter((rating) => rating !== undefined);
    if (given.length < 2) continue;
    const counts = new Map<number, number>();
    for (const rating of given) {
      counts.set(rating, (counts.get(rating) ?? 0) + 1);
      totals.set(rating, (totals.get(rating) ?? 0) + 1);
    }
    for (const count of counts.values())
      disagreement += (count * (given.length - count)) / (given.length - 1);
    n += given.length;
  }
  if (n === 0) throw new RangeError('alpha: no item has two ratings');
  const expected = [...totals.values()].reduce((sum, count) => sum + count * (n - count), 0) / (n - 1);
  return expected === 0 ? 1 : 1 - disagreement / expected;
}
