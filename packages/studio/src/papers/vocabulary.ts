import type { Database } from '../store/database.js';

/** The words that papers have, as written. */
export interface Vocabulary {
  /** In how many papers a word is. */
  count(word: string): number;
  /** The commonest words that begin so, itself left out. */
  beginningWith(start: string): string[];
  /** The word that was most likely meant, if there is one. */
  nearest(word: string): string | undefined;
  /** To be called when papers have changed. */
  forget(): void;
}

const maxEndings = 20;
/** Shorter words have too many neighbours. */
const minimumLength = 4;

interface Entry {
  readonly word: string;
  readonly count: number;
  /** A bit for each letter that is in it. */
  readonly letters: number;
}

export function vocabularyOf(db: Database): Vocabulary {
  let byLength: Map<number, Entry[]> | undefined;
  return {
    count: (word) => Number(db.get('SELECT doc FROM paper_vocabulary WHERE term = ?', word)?.doc ?? 0),
    beginningWith: (start) =>
      db
        .all(
          'SELECT term FROM paper_vocabulary WHERE term > ? AND term < ? ORDER BY doc DESC LIMIT ?',
          start,
          `${start}\u{10ffff}`,
          maxEndings,
        )
        .map(({ term }) => String(term)),
    nearest(word) {
      byLength ??= entriesOf(db);
      return nearestWord(byLength, word);
    },
    forget() {
      byLength = undefined;
    },
  };
}

function entriesOf(db: Database): Map<number, Entry[]> {
  const byLength = new Map<number, Entry[]>();
  for (const { term, doc } of db.all('SELECT term, doc FROM paper_vocabulary')) {
    const word = String(term);
    if (word.length < minimumLength) continue;
    const entries = byLength.get(word.length) ?? [];
    entries.push({ word, count: Number(doc), letters: lettersOf(word) });
    byLength.set(word.length, entries);
  }
  return byLength;
}

/** Two slips are forgiven in long words, one in short ones; of words equally near the commonest is meant. */
function nearestWord(byLength: ReadonlyMap<number, readonly Entry[]>, word: string): string | undefined {
  if (word.length < minimumLength) return undefined;
  const letters = lettersOf(word);
  let limit = word.length < 8 ? 1 : 2;
  let best: Entry | undefined;
  for (const length of [0, 1, -1, 2, -2].map((more) => word.length + more)) {
    for (const entry of byLength.get(length) ?? []) {
      // A slip changes two letters of the set at most.
      if (bits(entry.letters ^ letters) > 2 * limit) continue;
      const slips = slipsBetween(word, entry.word, limit);
      if (slips > limit || (slips === limit && best && entry.count <= best.count)) continue;
      limit = slips;
      best = entry;
    }
  }
  return best?.word;
}

function lettersOf(word: string): number {
  let letters = 0;
  for (let i = 0; i < word.length; i++) letters |= 1 << (word.charCodeAt(i) & 31);
  return letters;
}

function bits(word: number): number {
  let count = 0;
  for (let left = word; left !== 0; left &= left - 1) count++;
  return count;
}

/**
 * Letters inserted, left out, exchanged or swapped with their neighbour: the restricted Damerau-Levenshtein distance, or anything
 * above `limit` if it is above.
 */
export function slipsBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let slips = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        slips = Math.min(slips, before[j - 2]! + 1);
      next.push(slips);
    }
    if (Math.min(...next) > limit) return limit + 1;
    before = row;
    row = next;
  }
  return row[b.length]!;
}
