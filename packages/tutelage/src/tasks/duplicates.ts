import { SPLIT_NAMES, type SplitName } from './splits.js';

/** Where two equal texts stand. */
export interface DuplicatePair {
  readonly first: string;
  readonly repeated: string;
}

export interface DuplicateKind {
  /** Repetitions: n equal texts are n - 1 of them. */
  readonly count: number;
  /** The first few, as places. */
  readonly pairs: readonly DuplicatePair[];
}

export interface DuplicateReport {
  /** Texts of a held-out split that are also in an earlier one, by "train/test" and so on: the test is not blind. */
  readonly acrossSplits: ReadonlyMap<string, DuplicateKind>;
  /** Texts repeated within a split. */
  readonly withinSplits: ReadonlyMap<SplitName, DuplicateKind>;
  /** Equal texts with different labels, in whichever splits: at most one of them can be learnt. */
  readonly conflictingLabels: DuplicateKind;
}

const SHOWN = 5;
const SPLIT_PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

/**
 * A text without what makes no difference between duplicates: Unicode compatibility forms (NFKC), case, and the amount
 * of white space.
 */
export function normaliseText(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ');
}

/**
 * Finds equal texts.
 *
 * @param firsts for each example, the position of the first example with the same text
 * @param labels for each example
 * @param splits for each example, its position in SPLIT_NAMES
 * @param place where the user finds the example at a position
 */
export function findDuplicates(
  firsts: Int32Array,
  labels: Int32Array,
  splits: Uint8Array,
  place: (position: number) => string,
): DuplicateReport {
  const across = new Map<string, Tally>();
  const within = new Map<SplitName, Tally>();
  const conflicts = new Tally();
  /** By split, for the first of equal texts: the position of the first of them in that split, or -1. */
  const seen = SPLIT_NAMES.map(() => new Int32Array(firsts.length).fill(-1));

  for (const [i, first] of firsts.entries()) {
    if (labels[i] !== labels[first]) conflicts.add(first, i);
    const inSplit = seen[splits[i]!]!;
    if (inSplit[first] === -1) inSplit[first] = i;
    else tally(within, SPLIT_NAMES[splits[i]!]!).add(inSplit[first]!, i);
  }
  for (const [earlier, later] of SPLIT_PAIRS) {
    for (const [first, i] of seen[later]!.entries()) {
      const other = seen[earlier]![first]!;
      if (i >= 0 && other >= 0) tally(across, `${SPLIT_NAMES[earlier]}/${SPLIT_NAMES[later]}`).add(other, i);
    }
  }
  const report = <K>(tallies: Map<K, Tally>): Map<K, DuplicateKind> =>
    new Map(Array.from(tallies, ([key, t]) => [key, t.report(place)]));
  return {
    acrossSplits: report(across),
    withinSplits: report(within),
    conflictingLabels: conflicts.report(place),
  };
}

class Tally {
  #count = 0;
  readonly #pairs: [number, number][] = [];

  add(first: number, repeated: number): void {
    this.#count++;
    if (this.#pairs.length < SHOWN) this.#pairs.push([first, repeated]);
  }

  report(place: (position: number) => string): DuplicateKind {
    return {
      count: this.#count,
      pairs: this.#pairs.map(([a, b]) => ({ first: place(a), repeated: place(b) })),
    };
  }
}

function tally<K>(tallies: Map<K, Tally>, key: K): Tally {
  const found = tallies.get(key) ?? new Tally();
  tallies.set(key, found);
  return found;
}
