import { philox, type Words } from './philox.js';

/** A 64-bit random key: two unsigned 32-bit words. Immutable; what is drawn depends on the key and the place alone. */
export interface Key {
  readonly hi: number;
  readonly lo: number;
}

/**
 * What the counters of a key are used for, in their third word, so that derived keys never meet drawn numbers.
 */
export const COUNTERS = { draws: 0, foldedNumber: 1, foldedString: 2, split: 3 } as const;

/**
 * The key of a seed: an integer (its lower 64 bits) or any string.
 * @throws RangeError when a number is not a safe integer.
 */
export function key(seed: number | bigint | string): Key {
  if (typeof seed === 'string') return foldIn({ hi: 0, lo: 0 }, seed);
  if (typeof seed === 'bigint') {
    const bits = BigInt.asUintN(64, seed);
    return { hi: Number(bits >> 32n), lo: Number(bits & 0xffff_ffffn) };
  }
  const [lo, hi] = integerWords(seed, 'seed');
  return { hi, lo };
}

/**
 * A new key from a key and a number or name, such as a step or a layer: different data give independent keys.
 * @throws RangeError when a number is not a safe integer.
 */
export function foldIn(parent: Key, data: number | string): Key {
  if (typeof data === 'number') {
    const [lo, hi] = integerWords(data, 'data to fold into a key');
    return derive(parent, [lo, hi, COUNTERS.foldedNumber, 0]);
  }
  // Eight bytes at a time; the count of bytes in each block keeps padding from being taken for text.
  const bytes = new TextEncoder().encode(data);
  let current = parent;
  for (let start = 0; start <= bytes.length; start += 8) {
    const block = new DataView(new ArrayBuffer(8));
    const count = Math.min(8, bytes.length - start);
    for (let index = 0; index < count; index += 1) block.setUint8(index, bytes[start + index]!);
    const words: Words = [block.getUint32(0, true), block.getUint32(4, true), COUNTERS.foldedString, count];
    current = derive(current, words);
  }
  return current;
}

/**
 * `count` independent keys from one.
 * @throws RangeError unless `count` is an integer from 0 to 2^32.
 */
export function split(parent: Key, count: number): Key[] {
  if (!Number.isInteger(count) || count < 0 || count > 2 ** 32) {
    throw new RangeError(`invalid number of keys: ${count}; must be an integer from 0 to 2^32`);
  }
  return Array.from({ length: count }, (_, index) => derive(parent, [index, 0, COUNTERS.split, 0]));
}

function derive(parent: Key, counter: Words): Key {
  const [lo, hi] = philox(counter, parent.lo, parent.hi);
  return { hi, lo };
}

/** Lower and upper word of the two's complement. */
function integerWords(value: number, what: string): [lo: number, hi: number] {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`invalid ${what}: ${value}; must be an integer within 2^53, or a string`);
  }
  return [value >>> 0, Math.floor(value / 2 ** 32) >>> 0];
}
