import { checkRange } from '../graph/check.js';
import { allocateMemory, instantiateRandomKernels, type RandomKernels } from '../kernels/wasm.js';
import { COUNTERS, type Key } from './keys.js';

/** Elements made at a time: 16 KiB, which stays in the first-level cache between passes. */
const CHUNK = 4096;
/** Eight counters of four words, which the kernel makes at a time. */
const BLOCK_COUNTERS = 8;
const BLOCK = BLOCK_COUNTERS * 4;

type Transform = (kernels: RandomKernels, count: number) => void;

/**
 * Fills `view` with uniform numbers in [0, 1), multiples of 2^-24.
 *
 * As for all functions here: what stands at position i depends on the key and on `offset` + i only, and is the same on
 * every machine. Draw one kind of number from a key, for all kinds are made from the same bits, and no position twice.
 * `offset` is a non-negative integer, and offset + length below 2^53.
 *
 * @throws RangeError when the offset is invalid.
 */
export function fillUniform(view: Float32Array, key: Key, offset = 0): void {
  fill(view, key, offset, (kernels, count) => kernels.toUniform(count, 0));
}

/**
 * Fills `view` with standard normal numbers, by Box and Muller's method on 32-bit uniform numbers: |x| < 6.77, within
 * 1e-6 of the exact transform.
 */
export function fillNormal(view: Float32Array, key: Key, offset = 0): void {
  fill(view, key, offset, (kernels, count) => kernels.toNormal(count, 0));
}

/** Fills `view` with standard Gumbel numbers, -ln(-ln u), between -3.14 and 22.9, within 3e-6 of the exact transform. */
export function fillGumbel(view: Float32Array, key: Key, offset = 0): void {
  fill(view, key, offset, (kernels, count) => kernels.toGumbel(count, 0));
}

/**
 * Fills `view` with a dropout mask: 1 / keep with probability `keep`, else 0.
 * @param keep in (0, 1], effective in steps of 2^-24.
 * @throws RangeError when `keep` is outside.
 */
export function fillBernoulli(view: Float32Array, key: Key, offset: number, keep: number): void {
  checkRange('keep', keep, 0, 1, 'above');
  fill(view, key, offset, (kernels, count) => kernels.toBernoulli(count, 0, keep, 1 / keep));
}

/** Fills `view` with uniform 32-bit words. */
export function fillBits(view: Uint32Array, key: Key, offset = 0): void {
  fill(view, key, offset, () => {});
}

function fill(view: Float32Array | Uint32Array, key: Key, offset: number, transform: Transform): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + view.length > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(
      `invalid random offset: ${offset}; must be an integer from 0, below 2^53 with the length`,
    );
  }
  scratch ??= openScratch();
  const { kernels, buffer } = scratch;
  const made = view instanceof Uint32Array ? new Uint32Array(buffer) : new Float32Array(buffer);
  for (let done = 0; done < view.length; ) {
    const start = offset + done;
    const skipped = start % BLOCK;
    const count = Math.min(CHUNK - skipped, view.length - done);
    const blocks = Math.ceil((skipped + count) / BLOCK);
    const counter = Math.floor(start / BLOCK) * BLOCK_COUNTERS;
    const counterHi = Math.floor(counter / 2 ** 32);
    kernels.philox(blocks, 0, counter >>> 0, counterHi, COUNTERS.draws, 0, key.lo, key.hi);
    transform(kernels, blocks * BLOCK);
    view.set(made.subarray(skipped, skipped + count), done);
    done += count;
  }
}

let scratch: { readonly kernels: RandomKernels; readonly buffer: ArrayBuffer } | undefined;

function openScratch() {
  const memory = allocateMemory(CHUNK * 4);
  return { kernels: instantiateRandomKernels(memory), buffer: memory.buffer };
}
