/** What was found for one query: rows of the collection from best to worst, with their scores; of equal ones the lower row first. */
export interface Hits {
  readonly rows: Int32Array;
  readonly scores: Float32Array;
}

/**
 * The `k` best of some scores, fewer where fewer are above `floor`.
 *
 * @param scores one a row
 */
export function bestOf(scores: ArrayLike<number>, k: number, floor = Number.NEGATIVE_INFINITY): Hits {
  const rows = new Int32Array(Math.min(k, scores.length));
  const best = new Float64Array(rows.length);
  let count = 0;
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    if (!(score > floor) || (count === rows.length && !(score > best[count - 1]!))) continue;
    let at = 0;
    for (let end = count; at < end; ) {
      const middle = (at + end) >>> 1;
      if (best[middle]! >= score) at = middle + 1;
      else end = middle;
    }
    // Of a full list the last entry falls off.
    best.copyWithin(at + 1, at, count);
    rows.copyWithin(at + 1, at, count);
    best[at] = score;
    rows[at] = row;
    if (count < rows.length) count++;
  }
  return { rows: rows.slice(0, count), scores: Float32Array.from(best.subarray(0, count)) };
}

/** The `k` best of two lists of hits in different rows; those of the first come first where scores are equal. */
export function mergedHits(first: Hits, second: Hits, k: number): Hits {
  const count = Math.min(k, first.rows.length + second.rows.length);
  const rows = new Int32Array(count);
  const scores = new Float32Array(count);
  for (let at = 0, i = 0, j = 0; at < count; at++) {
    const takesFirst =
      j >= second.rows.length || (i < first.rows.length && first.scores[i]! >= second.scores[j]!);
    const [from, place] = takesFirst ? [first, i++] : [second, j++];
    rows[at] = from.rows[place]!;
    scores[at] = from.scores[place]!;
  }
  return { rows, scores };
}
