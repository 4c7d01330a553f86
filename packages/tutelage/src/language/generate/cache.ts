import { type Tensor, zerosTensor } from '@tutelage/engine';

/** Shape of a layer's keys and values. */
export interface CacheShape {
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
}

/** Keys [batch, heads, width, positions] and values [batch, heads, positions, width] of a layer. */
export interface LayerCache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** The past of a batch, in memory that grows as it is needed. */
export interface DecoderCache {
  readonly batch: number;
  readonly shape: CacheShape;
  capacity: number;
  layers: readonly LayerCache[];
  /** Number of positions that each row holds; lowering it forgets the last ones. */
  readonly lengths: Int32Array;
}

const UNIT = 16;

export function emptyCache(batch: number, shape: CacheShape): DecoderCache {
  const lengths = new Int32Array(batch);
  return { batch, shape, capacity: UNIT, layers: allocate(batch, shape, UNIT), lengths };
}

function allocate(
  batch: number,
  { layers, keyValueHeads, headWidth }: CacheShape,
  positions: number,
): LayerCache[] {
  return Array.from({ length: layers }, () => ({
    keys: zerosTensor([batch, keyValueHeads, headWidth, positions]),
    values: zerosTensor([batch, keyValueHeads, positions, headWidth]),
  }));
}

/** Makes room for so many positions in each row, by half as many again as there were, so that growing stays rare. */
export function reserve(cache: DecoderCache, positions: number): void {
  if (positions <= cache.capacity) return;
  const capacity = Math.ceil(Math.max(positions, 1.5 * cache.capacity) / UNIT) * UNIT;
  const grown = allocate(cache.batch, cache.shape, capacity);
  const used = Math.max(...cache.lengths);
  cache.layers.forEach((old, i) => {
    copyRows(old.keys, grown[i]!.keys, used);
    copyRows(old.values, grown[i]!.values, used * cache.shape.headWidth);
  });
  cache.capacity = capacity;
  cache.layers = grown;
}

/** Copies the first `count` elements of each row. A row of values is all positions of a head, one of keys a last axis. */
function copyRows(from: Tensor, to: Tensor, count: number): void {
  const [, , height, width] = from.shape as [number, number, number, number];
  const isKeys = to.shape[2] === height;
  const [fromRow, toRow] = isKeys ? [width, to.shape[3]!] : [height * width, to.shape[2]! * width];
  const [source, target] = [from.data as Float32Array, to.data as Float32Array];
  for (let s = 0, t = 0; s < source.length; s += fromRow, t += toRow) {
    target.set(source.subarray(s, s + count), t);
  }
}

/**
 * Writes new keys and values behind the past of each row and counts them. What a row has fewer of than `steps` is padding
 * at its end.
 *
 * @param added of each layer, laid out like the cache with `steps` positions
 * @param counts of new positions in each row
 */
export function append(
  cache: DecoderCache,
  added: readonly LayerCache[],
  steps: number,
  counts: readonly number[],
): void {
  const { keyValueHeads, headWidth } = cache.shape;
  const { capacity, lengths } = cache;
  cache.layers.forEach(({ keys, values }, i) => {
    const [k, v] = [keys.data as Float32Array, values.data as Float32Array];
    const [newK, newV] = [added[i]!.keys.data as Float32Array, added[i]!.values.data as Float32Array];
    counts.forEach((count, b) => {
      const past = lengths[b]!;
      for (let h = b * keyValueHeads; h < (b + 1) * keyValueHeads; h += 1) {
        for (let d = h * headWidth; d < (h + 1) * headWidth; d += 1) {
          const [to, from] = [d * capacity + past, d * steps];
          for (let t = 0; t < count; t += 1) k[to + t] = newK[from + t]!;
        }
        // Element by element: views for pieces this small would cost more than the copy.
        const [to, from] = [(h * capacity + past) * headWidth, h * steps * headWidth];
        for (let t = 0; t < count * headWidth; t += 1) v[to + t] = newV[from + t]!;
      }
    });
  });
  counts.forEach((count, b) => {
    lengths[b]! += count;
  });
}
