import { expect, test } from 'vitest';
import {
  bfloat16ToFloat32,
  float32ToBfloat16,
  float32ToHalf,
  halfToFloat32,
  halfToNumber,
} from '../../src/weights/float16.js';
import { seededIntegers } from './seeded-integers.js';

const all = Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits);

/** IEEE 754 binary16 by its definition. */
function halfByDefinition(bits: number): number {
  const sign = bits >>> 15 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

test('all halves have the value that the standard defines', () => {
  const expected = Float32Array.from(all, halfByDefinition);
  const actual = halfToFloat32(all);
  for (const bits of all) {
    if (!Object.is(actual[bits], expected[bits])) expect.fail(`half ${bits}: ${actual[bits]}`);
    if (!Object.is(halfToNumber(bits), expected[bits])) expect.fail(`half ${bits}: ${halfToNumber(bits)}`);
  }
});

test('all halves and all bfloat16 survive the way to float32 and back, NaN payloads included', () => {
  expect(float32ToHalf(halfToFloat32(all))).toEqual(all);
  expect(float32ToBfloat16(bfloat16ToFloat32(all))).toEqual(all);
});

test('the midpoint of every two neighbouring halves goes to the even one, its neighbours to the nearest', () => {
  const down = new Float32Array(1);
  const bits = new Uint32Array(down.buffer);
  for (let half = 0; half < 0x7c00; half++) {
    const upper = half + 1 === 0x7c00 ? 65536 : halfByDefinition(half + 1);
    const middle = (halfByDefinition(half) + upper) / 2;
    down[0] = middle;
    bits[0]!--;
    const below = down[0];
    bits[0]! += 2;
    const above = down[0];
    const even = half % 2 === 0 ? half : half + 1;
    const rounded = float32ToHalf(new Float32Array([below, middle, above, -middle]));
    if (String(rounded) !== String([half, even, half + 1, even | 0x8000]))
      expect.fail(`${middle}: ${rounded}`);
  }
});

test('beyond the range', () => {
  const values = new Float32Array([
    65504,
    65519.996,
    65520,
    1e30,
    Number.POSITIVE_INFINITY,
    2 ** -26,
    -(2 ** -149),
  ]);
  expect([...float32ToHalf(values)]).toEqual([0x7bff, 0x7bff, 0x7c00, 0x7c00, 0x7c00, 0, 0x8000]);
  expect(float32ToBfloat16(new Float32Array([3.4e38]))[0]).toBe(0x7f80);
});

test('float32 to bfloat16 takes the nearest, ties to even', () => {
  const next = seededIntegers(3);
  const bits = Uint32Array.from({ length: 20_000 }, (_, index) =>
    index % 4 === 0 ? next(0x7f7f) * 65536 + 0x8000 : next(0x7f7f0000),
  );
  const values = new Float32Array(bits.buffer);
  const rounded = float32ToBfloat16(values);
  values.forEach((value, index) => {
    const [down, up] = bfloat16ToFloat32(new Uint16Array([bits[index]! >>> 16, (bits[index]! >>> 16) + 1]));
    const toDown = value - down!;
    const toUp = up! - value;
    const expected = toDown < toUp || (toDown === toUp && (bits[index]! >>> 16) % 2 === 0) ? down : up;
    if (bfloat16ToFloat32(rounded.subarray(index, index + 1))[0] !== expected) expect.fail(`${value}`);
  });
  // A NaN with its payload in the lower half stays one.
  expect(float32ToBfloat16(new Float32Array(new Uint32Array([0x7f800001]).buffer))[0]).toBe(0x7fc0);
});
