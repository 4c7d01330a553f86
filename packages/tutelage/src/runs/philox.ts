/** A 64-bit key: streams with different keys are independent. Each part is an integer from 0 to 2^32 - 1. */
export type Key = readonly [number, number];

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const rounds = 10;

/** The upper 32 bits of the product of two 32-bit unsigned integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle % 0x10000);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
}

/**
 * Philox 4x32-10: four random 32-bit words as a pure function of a key and a counter of four words. Salmon, Moraes,
 * Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 3.3.
 */
export function philox(
  key: Key,
  counter: readonly [number, number, number, number],
): [number, number, number, number] {
  let [key0, key1] = key;
  let [x0, x1, x2, x3] = counter;
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0, x0);
    const high1 = multiplyHigh(multiplier1, x2);
    const low0 = Math.imul(multiplier0, x0);
    const low1 = Math.imul(multiplier1, x2);
    x0 = (high1 ^ x1 ^ key0) >>> 0;
    x1 = low1 >>> 0;
    x2 = (high0 ^ x3 ^ key1) >>> 0;
    x3 = low0 >>> 0;
    key0 = (key0 + weyl0) >>> 0;
    key1 = (key1 + weyl1) >>> 0;
  }
  return [x0, x1, x2, x3];
}

/**
 * A uniformly random order of 0 ... size - 1, by the Fisher-Yates shuffle, that depends on the key alone.
 *
 * @param size from 0 to 2^32 - 1.
 */
export function permutation(size: number, key: Key): Uint32Array {
  const order = new Uint32Array(size);
  for (let index = 0; index < size; index++) order[index] = index;
  let counter = 0;
  let words = philox(key, [0, 0, 0, 0]);
  const nextWord = (): number => {
    const word = words[counter % 4]!;
    counter++;
    if (counter % 4 === 0) words = philox(key, [counter / 4, 0, 0, 0]);
    return word;
  };
  for (let last = size - 1; last > 0; last--) {
    const choices = last + 1;
    // Words from the incomplete last round of `choices` would make the small results likelier.
    const limit = 2 ** 32 - (2 ** 32 % choices);
    let word = nextWord();
    while (word >= limit) word = nextWord();
    const other = word % choices;
    const moved = order[last]!;
    order[last] = order[other]!;
    order[other] = moved;
  }
  return order;
}
