import { meaningDimensions } from './meaning.js';

/** Words of 32 bits in a code. */
export const codeWords = meaningDimensions / 32;

/** The signs of a vector as bits: vectors of a small angle differ in few of them (Charikar 2002). */
export function signCode(vector: Float32Array): Uint32Array {
  const code = new Uint32Array(codeWords);
  for (let i = 0; i < meaningDimensions; i++) {
    if (vector[i]! > 0) code[i >>> 5]! |= 1 << (i & 31);
  }
  return code;
}

/**
 * The places of the `count` codes that differ least from `query`, the nearest first.
 *
 * @param codes `[n, codeWords]`
 */
export function nearestCodes(codes: Uint32Array, query: Uint32Array, count: number): number[] {
  const total = codes.length / codeWords;
  const distances = new Uint16Array(total);
  const histogram = new Uint32Array(meaningDimensions + 1);
  for (let n = 0, at = 0; n < total; n++) {
    let distance = 0;
    for (let i = 0; i < codeWords; i++, at++) distance += bitCount(codes[at]! ^ query[i]!);
    distances[n] = distance;
    histogram[distance]!++;
  }
  let limit = 0;
  for (let found = histogram[0]!; found < count && limit < meaningDimensions; ) found += histogram[++limit]!;
  const near: number[] = [];
  for (let n = 0; n < total; n++) if (distances[n]! <= limit) near.push(n);
  return near.sort((a, b) => distances[a]! - distances[b]! || a - b).slice(0, count);
}

function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
