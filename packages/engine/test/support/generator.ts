/**
 * Deterministic values computed alike here and in `peers/parity/generator.py`.
 *
 * Only 32-bit integer operations and one float64 expression are used, so both sides get the same bits and neither
 * weights nor batches have to be stored.
 */

const utf8 = new TextEncoder();

/** 32-bit FNV-1a hash of the text's UTF-8 bytes. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** MurmurHash3's 32-bit finaliser. */
function mix(x: number): number {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** `size` hashes of a seed: element i is `mix(fnv1a(seed) ^ mix(i))`. */
export function hash32(seed: string, size: number): Uint32Array {
  const start = fnv1a(seed);
  const hashes = new Uint32Array(size);
  for (let i = 0; i < size; i++) hashes[i] = mix(start ^ mix(i));
  return hashes;
}

/** `size` floats in (center - scale, center + scale): center + (2u - 1) scale with u = (hash + 0.5) / 2^32. */
export function uniform(seed: string, size: number, center: number, scale: number): Float32Array {
  const hashes = hash32(seed, size);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = center + (((hashes[i]! + 0.5) / 2 ** 32) * 2 - 1) * scale;
  return values;
}

/** `size` integers in [low, high): low + hash mod (high - low). */
export function integers(seed: string, size: number, low: number, high: number): number[] {
  return Array.from(hash32(seed, size), (hash) => low + (hash % (high - low)));
}

/** Zeros and ones [rows, columns]: row r starts with `integers(seed)[r]` ones, between low and high - 1 of them. */
export function prefixMask(
  seed: string,
  rows: number,
  columns: number,
  low: number,
  high: number,
): Float32Array {
  const mask = new Float32Array(rows * columns);
  integers(seed, rows, low, high).forEach((length, r) => {
    mask.fill(1, r * columns, r * columns + Math.min(length, columns));
  });
  return mask;
}
