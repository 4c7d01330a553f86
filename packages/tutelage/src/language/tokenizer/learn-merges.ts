/** A word as a list of symbols, with the number of times that it occurs. */
export interface CountedWord {
  symbols: number[];
  readonly count: number;
}

/** More symbols than any vocabulary has: two make one exact number. */
const SPAN = 2 ** 24;
/** A pair that occurs once is no pattern. */
const MINIMUM = 2;

/**
 * Byte-pair encoding (Sennrich, Haddow & Birch 2016, section 3.2): joins the most frequent pair of neighbouring symbols,
 * again and again. Of equally frequent pairs the one with the smaller first, then second symbol comes first, as in Hugging
 * Face's trainer.
 *
 * @param words are changed to what they are after the merges
 * @param join gives the symbol of a joined pair
 * @param wanted whether another merge is wanted; asked before each
 */
export function learnMerges(
  words: readonly CountedWord[],
  join: (left: number, right: number) => number,
  wanted: () => boolean,
): void {
  const counts = new Map<number, number>();
  const places = new Map<number, number[]>();
  const changed = new Set<number>();
  const count = (pair: number, change: number, word: number) => {
    counts.set(pair, (counts.get(pair) ?? 0) + change);
    if (change < 0) return;
    changed.add(pair);
    const known = places.get(pair);
    if (known === undefined) places.set(pair, [word]);
    else if (known.at(-1) !== word) known.push(word);
  };
  words.forEach(({ symbols, count: times }, w) => {
    for (let i = 1; i < symbols.length; i += 1) count(symbols[i - 1]! * SPAN + symbols[i]!, times, w);
  });
  const queue = new PairQueue();
  const enqueue = () => {
    for (const pair of changed) queue.push(counts.get(pair)!, pair);
    changed.clear();
  };
  enqueue();
  while (wanted()) {
    const top = queue.pop();
    if (top === undefined || top.count < MINIMUM) return;
    const { pair } = top;
    const current = counts.get(pair) ?? 0;
    if (current !== top.count) {
      // Merges have made it rarer since it was queued; what made it more frequent has queued it again.
      if (current < top.count && current >= MINIMUM) queue.push(current, pair);
      continue;
    }
    const [left, right] = [Math.floor(pair / SPAN), pair % SPAN];
    const joined = join(left, right);
    for (const w of places.get(pair)!) {
      const word = words[w]!;
      word.symbols = merged(word, left, right, joined, (p, change) => count(p, change, w));
    }
    counts.delete(pair);
    places.delete(pair);
    changed.delete(pair);
    enqueue();
  }
}

/** The word with a pair joined wherever it stands, from the left; the pairs that vanish and arise are counted. */
function merged(
  { symbols, count: times }: CountedWord,
  left: number,
  right: number,
  joined: number,
  count: (pair: number, change: number) => void,
): number[] {
  const result: number[] = [];
  for (let i = 0; i < symbols.length; i += 1) {
    const symbol = symbols[i]!;
    if (symbol !== left || symbols[i + 1] !== right) {
      result.push(symbol);
      continue;
    }
    const before = result.at(-1);
    const after = symbols[i + 2];
    if (before !== undefined) {
      count(before * SPAN + left, -times);
      count(before * SPAN + joined, times);
    }
    if (after !== undefined) {
      count(right * SPAN + after, -times);
      count(joined * SPAN + after, times);
    }
    result.push(joined);
    i += 1;
  }
  return result;
}

interface Counted {
  readonly count: number;
  readonly pair: number;
}

/** A binary heap: the highest count first, then the lowest pair. */
class PairQueue {
  readonly #heap: Counted[] = [];

  push(count: number, pair: number): void {
    const heap = this.#heap;
    const entry = { count, pair };
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!precedes(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  pop(): Counted | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && precedes(heap[child + 1]!, heap[child]!)) child += 1;
      if (!precedes(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function precedes(a: Counted, b: Counted): boolean {
  return a.count !== b.count ? a.count > b.count : a.pair < b.pair;
}
