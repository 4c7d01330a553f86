/** Conversions between float32 and the 16-bit formats: IEEE 754 half (binary16) and bfloat16. */

/** Bits of the float32 equal to each half, and the same memory as numbers. */
let table: { bits: Uint32Array; numbers: Float32Array } | undefined;

function halfTable(): { bits: Uint32Array; numbers: Float32Array } {
  if (table !== undefined) return table;
  const ofHalf = new Uint32Array(1 << 16);
  const value = new Float32Array(1);
  const bits = new Uint32Array(value.buffer);
  for (let half = 0; half < 0x8000; half++) {
    const exponent = half >>> 10;
    const fraction = half & 0x3ff;
    if (exponent === 31) bits[0] = 0x7f800000 | (fraction << 13);
    else if (exponent === 0) value[0] = fraction * 2 ** -24;
    else bits[0] = ((exponent + 112) << 23) | (fraction << 13);
    ofHalf[half] = bits[0]!;
    ofHalf[half | 0x8000] = bits[0]! | 0x80000000;
  }
  table = { bits: ofHalf, numbers: new Float32Array(ofHalf.buffer) };
  return table;
}

/** Halves to float32, exactly; NaNs keep their payload. */
export function halfToFloat32(halves: Uint16Array): Float32Array {
  const ofHalf = halfTable().bits;
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < bits.length; index++) bits[index] = ofHalf[halves[index]!]!;
  return new Float32Array(bits.buffer);
}

/** One half, given by its bits, as a number. */
export function halfToNumber(half: number): number {
  return halfTable().numbers[half]!;
}

/** Float32 to halves, rounded to the nearest, ties to even; beyond 65,504 it may become infinite. */
export function float32ToHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < bits.length; index++) halves[index] = halfOfBits(bits[index]!);
  return halves;
}

const HALF_OF_2_TO_MINUS_24 = 0x33000000;
const SMALLEST_NORMAL_HALF = 0x38800000;
const ROUNDS_TO_INFINITY = 0x477ff000;
const INFINITY = 0x7f800000;

function halfOfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > INFINITY) return sign | 0x7c00 | ((magnitude >>> 13) & 0x3ff || 0x200);
  if (magnitude >= ROUNDS_TO_INFINITY) return sign | 0x7c00;
  if (magnitude >= SMALLEST_NORMAL_HALF) {
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - (112 << 23)) >>> 13);
  }
  if (magnitude < HALF_OF_2_TO_MINUS_24) return sign;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >>> 23);
  const quotient = significand >>> shift;
  const remainder = significand & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  const up = remainder > tie || (remainder === tie && (quotient & 1) === 1);
  return sign | (quotient + (up ? 1 : 0));
}

/** Bfloat16 to float32, exactly. */
export function bfloat16ToFloat32(values: Uint16Array): Float32Array {
  const bits = new Uint32Array(values.length);
  for (let index = 0; index < bits.length; index++) bits[index] = values[index]! << 16;
  return new Float32Array(bits.buffer);
}

/** Float32 to bfloat16, rounded to the nearest, ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(values.length);
  for (let index = 0; index < bits.length; index++) {
    const value = bits[index]!;
    const high = value >>> 16;
    // A NaN whose payload is all in the lower half must not become infinite.
    if ((value & 0x7fffffff) > INFINITY) rounded[index] = (high & 0x7f) === 0 ? high | 0x40 : high;
    else rounded[index] = (value + 0x7fff + (high & 1)) >>> 16;
  }
  return rounded;
}
