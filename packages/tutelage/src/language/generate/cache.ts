import { type Tensor, zerosTensor } from '@tutelage/engine';

/** Shape of a layer's keys and values. */
export interface CacheShape {
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
}

/** Keys and values of a layer, each [batch, heads, positions, width]. */
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

/** Capacity grows by this much at least: the runtime is fastest with few different sizes. */
const UNIT = 32;

export function emptyCache(batch: number, shape: CacheShape): DecoderCache {
  const lengths = new Int32Array(batch);
  return { batch, shape, capacity: UNIT, layers: allocate(batch, shape, UNIT), lengths };
}

function allocate(
  batch: number,
  { layers, keyValueHeads, headWidth }: CacheShape,
  positions: number,
): LayerCache[] {
  const shape = [batch, keyValueHeads, positions, headWidth];
  return Array.from({ length: layers }, () => ({ keys: zerosTensor(shape), values: zerosTensor(shape) }));
}

/** Makes room for so many positions in each row, by half as many again as there were, so that growing stays rare. */
export function reserve(cache: DecoderCache, positions: number): void {
  if (positions <= cache.capacity) return;
  const capacity = Math.ceil(Math.max(positions, 1.5 * cache.capacity) / UNIT) * UNIT;
  const grown = allocate(cache.batch, cache.shape, capacity);
  const { headWidth } = cache.shape;
  const used = Math.max(...cache.lengths) * headWidth;
  const copy = (from: Tensor, to: Tensor) => {
    const [source, target] = [from.data as Float32Array, to.data as Float32Array];
    const [step, stride] = [cache.capacity * headWidth, capacity * headWidth];
    for (let s = 0, t = 0; s < source.length; s += step, t += stride) {
      target.set(source.subarray(s, s + used), t);
    }
  };
  cache.layers.forEach((old, i) => {
    copy(old.keys, grown[i]!.keys);
    copy(old.values, grown[i]!.values);
  });
  cache.capacity = capacity;
  cache.layers = grown;
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
  const write = (from: Tensor, into: Tensor) => {
    const [source, target] = [from.data as Float32Array, into.data as Float32Array];
    for (let b = 0; b < counts.length; b += 1) {
      const length = counts[b]! * headWidth;
      for (let h = b * keyValueHeads; h < (b + 1) * keyValueHeads; h += 1) {
        // Element by element: views for pieces this small would cost more than the copy.
        const [to, start] = [(h * capacity + lengths[b]!) * headWidth, h * steps * headWidth];
        for (let i = 0; i < length; i += 1) target[to + i] = source[start + i]!;
      }
    }
  };
  cache.layers.forEach(({ keys, values }, i) => {
    write(added[i]!.keys, keys);
    write(added[i]!.values, values);
  });
  counts.forEach((count, b) => {
    lengths[b]! += count;
  });
}
