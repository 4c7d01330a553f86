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
  /** Positions for which there is memory. */
  room: number;
  /** Positions that the layers have now: attention looks at all of them. */
  capacity: number;
  layers: readonly LayerCache[];
  /** Number of positions that each row holds; lowering it forgets the last ones. */
  readonly lengths: Int32Array;
}

/** Capacity grows by this much: moving what is there takes time, and so does attention to positions that are not yet there. */
const UNIT = 32;

/** @param positions that rows are expected to hold in the end */
export function emptyCache(batch: number, shape: CacheShape, positions = UNIT): DecoderCache {
  const room = Math.max(1, positions);
  const capacity = Math.min(UNIT, room);
  const { layers, keyValueHeads, headWidth } = shape;
  const memory = () => withPositions(zerosTensor([batch, keyValueHeads, room, headWidth]), capacity);
  return {
    batch,
    shape,
    room,
    capacity,
    layers: Array.from({ length: layers }, () => ({ keys: memory(), values: memory() })),
    lengths: new Int32Array(batch),
  };
}

/** An empty cache in the memory of another, which must not be used any more; in memory of its own where that is too small. */
export function emptyCacheIn(used: DecoderCache, batch: number, positions: number): DecoderCache {
  const { shape, layers } = used;
  const fresh = batch * shape.keyValueHeads * positions * shape.headWidth;
  if (layers.some(({ keys }) => keys.data.buffer.byteLength < 4 * fresh)) {
    return emptyCache(batch, shape, positions);
  }
  // The same capacity as in fresh memory: what is computed must not depend on what was there before.
  const capacity = Math.min(UNIT, positions);
  const part = (t: Tensor) =>
    withPositions({ ...t, shape: [batch, shape.keyValueHeads, 0, shape.headWidth] }, capacity);
  return {
    batch,
    shape,
    room: positions,
    capacity,
    layers: layers.map(({ keys, values }) => ({ keys: part(keys), values: part(values) })),
    lengths: new Int32Array(batch),
  };
}

/** The beginning of a layer's memory, as a tensor with so many positions. */
function withPositions({ dtype, shape, data }: Tensor, positions: number): Tensor {
  const [batch, heads, , width] = shape as [number, number, number, number];
  const size = batch * heads * positions * width;
  return {
    dtype,
    shape: [batch, heads, positions, width],
    data: new Float32Array(data.buffer as ArrayBuffer, data.byteOffset, size),
  };
}

/** Gives each row so many positions, and moves what it holds. */
function reserve(cache: DecoderCache, positions: number): void {
  if (positions <= cache.capacity) return;
  const inPlace = positions <= cache.room;
  const room = inPlace ? cache.room : Math.ceil(1.5 * positions);
  const capacity = Math.min(UNIT * Math.ceil(positions / UNIT), room);
  const { headWidth } = cache.shape;
  const used = Math.max(...cache.lengths) * headWidth;
  const [step, stride] = [cache.capacity * headWidth, capacity * headWidth];
  const grown = (from: Tensor): Tensor => {
    const [batch, heads] = from.shape as [number, number];
    const source = from.data as Float32Array;
    const to = withPositions(inPlace ? from : zerosTensor([batch, heads, room, headWidth]), capacity);
    const target = to.data as Float32Array;
    // From the last on, so that nothing is written over what is still to be moved.
    for (let row = batch * heads - 1; row >= 0; row -= 1) {
      const start = row * step;
      if (inPlace) target.copyWithin(row * stride, start, start + used);
      else target.set(source.subarray(start, start + used), row * stride);
    }
    return to;
  };
  cache.layers = cache.layers.map(({ keys, values }) => ({ keys: grown(keys), values: grown(values) }));
  cache.room = room;
  cache.capacity = capacity;
}

/** Memory for new keys and values of each layer. */
export function emptyAdded(
  { layers, keyValueHeads, headWidth }: CacheShape,
  batch: number,
  steps: number,
): LayerCache[] {
  const shape = [batch, keyValueHeads, steps, headWidth];
  return Array.from({ length: layers }, () => ({ keys: zerosTensor(shape), values: zerosTensor(shape) }));
}

/**
 * Writes new keys and values behind the past of each row, which grows as needed, and counts them. What a row has fewer of than `steps` is padding
 * at its end.
 *
 * @param added of each layer
 * @param counts of new positions in each row
 */
export function append(
  cache: DecoderCache,
  added: readonly LayerCache[],
  steps: number,
  counts: readonly number[],
): void {
  const { keyValueHeads, headWidth } = cache.shape;
  const { lengths } = cache;
  reserve(cache, Math.max(...counts.map((count, b) => lengths[b]! + count)));
  const { capacity } = cache;
  // As whole numbers, which are moved without being converted.
  const bits = ({ data: { buffer, byteOffset, length } }: Tensor) =>
    new Int32Array(buffer, byteOffset, length);
  const write = (from: Tensor, into: Tensor) => {
    const [source, target] = [bits(from), bits(into)];
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
