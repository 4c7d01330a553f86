import { UserError } from '../core/errors.js';

export const SPLIT_NAMES = ['train', 'validation', 'test'] as const;

export type SplitName = (typeof SPLIT_NAMES)[number];

/** Shares of the examples to hold out, each in [0, 1); the rest is for training. */
export interface Shares {
  readonly validation: number;
  readonly test: number;
}

const SPLIT_WORDS: Readonly<Record<SplitName, readonly string[]>> = {
  train: ['train', 'training', 'trn'],
  validation: ['validation', 'valid', 'val', 'dev', 'development'],
  test: ['test', 'testing', 'tst', 'eval', 'evaluation', 'heldout'],
};

/** The split that a word in a split column or a folder's name stands for. */
export function splitNamed(word: string): SplitName | undefined {
  const plain = word.trim().toLowerCase();
  return SPLIT_NAMES.find((name) => SPLIT_WORDS[name].includes(plain));
}

/** @throws UserError if shares are negative or leave nothing for training */
export function checkedShares(shares: Shares = { validation: 0.1, test: 0.1 }): Shares {
  const { validation, test } = shares;
  if (validation >= 0 && test >= 0 && validation + test < 1) return shares;
  throw new UserError(`impossible shares: validation ${validation}, test ${test}`, {
    hint: 'both must be at least 0, and less than 1 together',
  });
}

/**
 * Splits as given; the examples given for training, or for nothing, also provide the splits that are not given.
 *
 * @param given for each example, its position in SPLIT_NAMES, or -1
 * @returns positions in SPLIT_NAMES
 */
export function completeSplits(
  given: Int32Array,
  ranks: Float64Array,
  classes: Int32Array,
  classCount: number,
  shares: Shares,
): Uint8Array {
  const missing = (split: SplitName): boolean => !given.includes(SPLIT_NAMES.indexOf(split));
  const heldOut = {
    validation: missing('validation') ? shares.validation : 0,
    test: missing('test') ? shares.test : 0,
  };
  const divisible = new Uint8Array(given.length);
  for (const [i, split] of given.entries()) divisible[i] = split <= 0 ? 1 : 0;
  const splits = stratifiedSplit(ranks, classes, classCount, heldOut, divisible);
  for (const [i, split] of given.entries()) if (split > 0) splits[i] = split;
  return splits;
}

/** Examples by split (in the order of SPLIT_NAMES) and class. */
export function countLabels(classes: Int32Array, splits: Uint8Array, classCount: number): number[][] {
  const counts = SPLIT_NAMES.map(() => new Array<number>(classCount).fill(0));
  for (const [i, label] of classes.entries()) counts[splits[i]!]![label]!++;
  return counts;
}

/**
 * Divides examples into splits, label by label, by the order of their ranks: within a label the lowest ranks are for
 * test, the next for validation, the others for training. The order in which examples are given does not matter.
 *
 * Stratification is exact to one example a label, and what rounding leaves over is carried to the next label, so that
 * the totals are right as well. Examples with equal ranks (equal texts) of a label stay together, which can make a
 * held-out part smaller by that many. A label keeps at least one example for training. When m examples join n others,
 * about sqrt(m s (1 - s)) of the n move across the border of a held-out share s; all others stay where they were.
 *
 * @param ranks a number for each example, pseudo-random and fixed by seed and content
 * @param labels the class of each example, 0 to classes - 1
 * @param divisible 1 for examples to divide, 0 for those to leave out (they count as training)
 * @returns positions in SPLIT_NAMES
 */
export function stratifiedSplit(
  ranks: Float64Array,
  labels: Int32Array,
  classes: number,
  shares: Shares,
  divisible: Uint8Array = new Uint8Array(ranks.length).fill(1),
): Uint8Array {
  const byLabel = groupRanks(ranks, labels, classes, divisible);
  const sizes = byLabel.map((group) => group.length);
  const test = heldOut(
    sizes,
    shares.test,
    sizes.map((n) => n - 1),
  );
  const validation = heldOut(
    sizes,
    shares.validation,
    sizes.map((n, label) => n - 1 - test[label]!),
  );
  const testBorder = byLabel.map((group, label) => group[test[label]!]!);
  const validationBorder = byLabel.map((group, label) => group[test[label]! + validation[label]!]!);
  const splits = new Uint8Array(ranks.length);
  for (let i = 0; i < splits.length; i++) {
    if (divisible[i] === 0) continue;
    const label = labels[i]!;
    if (ranks[i]! < testBorder[label]!) splits[i] = 2;
    else if (ranks[i]! < validationBorder[label]!) splits[i] = 1;
  }
  return splits;
}

/** The ranks of each label in ascending order. */
function groupRanks(
  ranks: Float64Array,
  labels: Int32Array,
  classes: number,
  divisible: Uint8Array,
): Float64Array[] {
  const sizes = new Array<number>(classes).fill(0);
  for (const [i, label] of labels.entries()) sizes[label]! += divisible[i]!;
  const groups = sizes.map((size) => new Float64Array(size));
  const filled = new Int32Array(classes);
  for (const [i, label] of labels.entries()) {
    if (divisible[i] === 1) groups[label]![filled[label]!++] = ranks[i]!;
  }
  return groups.map((group) => group.sort());
}

/** How many of each label to hold out: its share rounded, with the rest carried on. */
function heldOut(sizes: readonly number[], share: number, most: readonly number[]): number[] {
  let carry = 0;
  return sizes.map((size, label) => {
    const wanted = size * share;
    const limit = Math.max(0, Math.min(Math.ceil(wanted), most[label]!));
    const taken = Math.min(Math.round(wanted + carry), limit);
    // At most one example is carried: many labels too small to give any must not be made up for by one that can.
    carry = Math.min(wanted + carry - taken, 1);
    return taken;
  });
}
