const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Four unsigned 32-bit words. */
export type Words = readonly [number, number, number, number];

/**
 * Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"): a bijection of
 * 128-bit counters for each 64-bit key, whose values at successive counters pass as random. All words unsigned 32-bit.
 */
export function philox(counter: Words, keyLo: number, keyHi: number): Words {
  let [x0, x1, x2, x3] = counter;
  for (let round = 0; round < ROUNDS; round += 1) {
    const k0 = (keyLo + Math.imul(round, WEYL_0)) >>> 0;
    const k1 = (keyHi + Math.imul(round, WEYL_1)) >>> 0;
    const y0 = (multiplyHigh(x2, MULTIPLIER_1) ^ x1 ^ k0) >>> 0;
    const y2 = (multiplyHigh(x0, MULTIPLIER_0) ^ x3 ^ k1) >>> 0;
    x1 = Math.imul(x2, MULTIPLIER_1) >>> 0;
    x3 = Math.imul(x0, MULTIPLIER_0) >>> 0;
    x0 = y0;
    x2 = y2;
  }
  return [x0, x1, x2, x3];
}

/** Upper word of the 64-bit product, by halves, since a double holds only 53 bits. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (carry >>> 16);
}
