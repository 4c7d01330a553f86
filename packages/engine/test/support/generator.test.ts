import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fnv1a, hash32, integers, prefixMask, uniform } from './generator.js';

interface Ranged {
  readonly seed: string;
  readonly shape: readonly [number, number];
  readonly low: number;
  readonly high: number;
  readonly values: readonly number[];
}

// The Python generator is tested with the same file.
const known = JSON.parse(
  readFileSync(new URL('../fixtures/parity/generator.json', import.meta.url), 'utf8'),
) as {
  readonly fnv1a: Readonly<Record<string, number>>;
  readonly hash32: Readonly<Record<string, readonly number[]>>;
  readonly uniform: {
    readonly seed: string;
    readonly center: number;
    readonly scale: number;
    readonly values: readonly number[];
  };
  readonly integers: Ranged;
  readonly prefix: Ranged;
  readonly checksum: { readonly seed: string; readonly size: number; readonly xor: number };
};

describe('the generator', () => {
  it('hashes the published FNV-1a test vectors', () => {
    expect(fnv1a('')).toBe(0x811c9dc5);
    expect(fnv1a('a')).toBe(0xe40c292c);
    expect(fnv1a('foobar')).toBe(0xbf9cf968);
  });

  it('hashes seeds as Python does', () => {
    for (const [seed, value] of Object.entries(known.fnv1a)) expect(fnv1a(seed)).toBe(value);
    for (const [seed, values] of Object.entries(known.hash32))
      expect([...hash32(seed, values.length)]).toEqual(values);
  });

  it('hashes a million elements as Python does', () => {
    const { seed, size, xor } = known.checksum;
    expect(hash32(seed, size).reduce((a, b) => (a ^ b) >>> 0)).toBe(xor);
  });

  it('draws floats, integers and masks as Python does', () => {
    const { seed, center, scale, values } = known.uniform;
    expect([...uniform(seed, values.length, center, scale)]).toEqual(values);
    const tokens = known.integers;
    expect(integers(tokens.seed, tokens.values.length, tokens.low, tokens.high)).toEqual(tokens.values);
    const mask = known.prefix;
    expect([...prefixMask(mask.seed, ...mask.shape, mask.low, mask.high)]).toEqual(mask.values);
  });

  it('spreads evenly, and differently for each seed', () => {
    const values = uniform('even', 100_000, 0, 1);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(mean).toBeCloseTo(0, 2);
    expect(square).toBeCloseTo(1 / 3, 2);
    const other = uniform('other', 100_000, 0, 1);
    const product = values.reduce((sum, value, i) => sum + value * other[i]!, 0) / values.length;
    expect(product).toBeCloseTo(0, 2);
  });
});
