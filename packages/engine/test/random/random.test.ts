import { describe, expect, it } from 'vitest';
import { allocateMemory, instantiateRandomKernels, type RandomKernels } from '../../src/kernels/wasm.js';
import { fillBernoulli, fillBits, fillGumbel, fillNormal, fillUniform } from '../../src/random/fill.js';
import { foldIn, type Key, key, split } from '../../src/random/keys.js';
import { philox, type Words } from '../../src/random/philox.js';
import { distance } from '../optim/fixture.js';

const COUNT = 1 << 20;

/** Known answers of Random123's test vectors (Salmon et al.): counter, key, output. */
const KNOWN: readonly (readonly [Words, readonly [number, number], Words])[] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

function draw(fill: (view: Float32Array, key: Key) => void, seed: Key, count = COUNT): Float32Array {
  const view = new Float32Array(count);
  fill(view, seed);
  return view;
}

function moment(values: ArrayLike<number>, f: (x: number) => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += f(values[i]!);
  return sum / values.length;
}

function correlation(a: Float32Array, b: Float32Array): number {
  const meanA = moment(a, (x) => x);
  const meanB = moment(b, (x) => x);
  let product = 0;
  for (let i = 0; i < a.length; i += 1) product += (a[i]! - meanA) * (b[i]! - meanB);
  const spread = (values: Float32Array, mean: number) => Math.sqrt(moment(values, (x) => (x - mean) ** 2));
  return product / a.length / (spread(a, meanA) * spread(b, meanB));
}

/** (statistic - degrees) / sqrt(2 degrees) of a chi-square test of equal frequencies: about standard normal. */
function uniformity(cells: Uint32Array, total: number): number {
  const expected = total / cells.length;
  const statistic = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (statistic - (cells.length - 1)) / Math.sqrt(2 * (cells.length - 1));
}

describe('Philox4x32-10', () => {
  it('gives the published answers', () => {
    for (const [counter, [lo, hi], output] of KNOWN) expect(philox(counter, lo, hi)).toEqual(output);
  });

  it('is what the kernel computes, element by element, also past 32-bit counters', () => {
    const seed = key(0x1234_5678_9abc_def0n);
    for (const offset of [0, 5, 2 ** 20 + 3, 2 ** 34 - 40, 2 ** 52 + 1]) {
      const words = new Uint32Array(100);
      fillBits(words, seed, offset);
      words.forEach((word, i) => {
        const element = offset + i;
        const counter = Math.floor(element / 16) * 4 + (element % 4);
        const expected = philox([counter >>> 0, Math.floor(counter / 2 ** 32), 0, 0], seed.lo, seed.hi);
        expect(word).toBe(expected[Math.floor((element % 16) / 4)]);
      });
    }
  });
});

describe('every element depends on the key and its position alone', () => {
  const fills: Record<string, (view: Float32Array, key: Key, offset: number) => void> = {
    uniform: fillUniform,
    normal: fillNormal,
    gumbel: fillGumbel,
    bernoulli: (view, seed, offset) => fillBernoulli(view, seed, offset, 0.7),
  };
  it.each(Object.keys(fills))('%s', (name) => {
    const whole = new Float32Array(10_000);
    fills[name]!(whole, key(3), 100);
    const parts = new Float32Array(10_000);
    for (const [start, end] of [
      [0, 1],
      [1, 38],
      [38, 5000],
      [5000, 10_000],
    ] as const) {
      fills[name]!(parts.subarray(start, end), key(3), 100 + start);
    }
    expect(parts).toEqual(whole);
  });
});

describe('uniform', () => {
  const values = draw(fillUniform, key(7));

  it('lies in [0, 1) with the moments of the uniform distribution', () => {
    expect(values.every((x) => x >= 0 && x < 1)).toBe(true);
    const deviation = 1 / Math.sqrt(COUNT);
    expect(Math.abs(moment(values, (x) => x) - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12) * deviation);
    expect(Math.abs(moment(values, (x) => x * x) - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45) * deviation);
  });

  it('passes chi-square tests, alone and in pairs of neighbours and of SIMD groups', () => {
    const single = new Uint32Array(1024);
    for (const x of values) single[Math.floor(x * 1024)]! += 1;
    expect(Math.abs(uniformity(single, COUNT))).toBeLessThan(4);
    for (const lag of [1, 4, 16]) {
      const pairs = new Uint32Array(1024);
      for (let i = 0; i + lag < COUNT; i += 1) {
        pairs[Math.floor(values[i]! * 32) * 32 + Math.floor(values[i + lag]! * 32)]! += 1;
      }
      expect(Math.abs(uniformity(pairs, COUNT - lag))).toBeLessThan(4);
    }
  });

  it('is uncorrelated between neighbouring, folded and split keys', () => {
    const [left, right] = split(key(7), 2);
    const others = [key(8), { hi: 1, lo: 7 }, foldIn(key(7), 0), foldIn(key(7), 'a'), left!, right!];
    const count = COUNT / 4;
    const streams = [key(7), ...others].map((seed) => draw(fillUniform, seed, count));
    streams.forEach((a, i) => {
      for (const b of streams.slice(i + 1)) {
        expect(Math.abs(correlation(a, b))).toBeLessThan(4.5 / Math.sqrt(count));
      }
    });
  });
});

describe('normal', () => {
  const values = draw(fillNormal, key('normal'));

  it('has the moments of the normal distribution', () => {
    const deviation = 1 / Math.sqrt(COUNT);
    expect(Math.abs(moment(values, (x) => x))).toBeLessThan(4 * deviation);
    expect(Math.abs(moment(values, (x) => x ** 2) - 1)).toBeLessThan(4 * Math.sqrt(2) * deviation);
    expect(Math.abs(moment(values, (x) => x ** 3))).toBeLessThan(4 * Math.sqrt(15) * deviation);
    expect(Math.abs(moment(values, (x) => x ** 4) - 3)).toBeLessThan(4 * Math.sqrt(96) * deviation);
  });

  it('has its tails', () => {
    for (const [limit, probability] of [
      [1, 0.3173105079],
      [2, 0.0455002639],
      [3, 0.0026997961],
      [4, 0.0000633425],
    ] as const) {
      const beyond = values.filter((x) => Math.abs(x) > limit).length;
      const expected = probability * COUNT;
      expect(Math.abs(beyond - expected)).toBeLessThan(4 * Math.sqrt(expected));
    }
  });

  it('does not tie the two numbers of a Box-Muller pair together', () => {
    const first = new Float32Array(COUNT / 2);
    const second = new Float32Array(COUNT / 2);
    for (let i = 0; i < COUNT / 2; i += 1) {
      const at = Math.floor(i / 4) * 8 + (i % 4);
      first[i] = values[at]!;
      second[i] = values[at + 4]!;
    }
    const limit = 4.5 / Math.sqrt(COUNT / 2);
    expect(Math.abs(correlation(first, second))).toBeLessThan(limit);
    const squares = [first, second].map((view) => view.map((x) => x * x));
    expect(Math.abs(correlation(squares[0]!, squares[1]!))).toBeLessThan(limit);
  });

  it('is the exact transform of its bits to 1e-6', () => {
    const bits = new Uint32Array(1 << 16);
    fillBits(bits, key('normal'));
    let error = 0;
    for (let i = 0; i < bits.length; i += 1) {
      if (i % 8 >= 4) continue;
      const radius = Math.sqrt(-2 * Math.log((bits[i]! + 0.5) / 2 ** 32));
      const word = bits[i + 4]!;
      const signed = (word << 2) / 2 ** 32;
      const angle = (Math.PI / 2) * ((word >>> 30) + signed);
      error = Math.max(error, Math.abs(values[i]! - radius * Math.cos(angle)));
      error = Math.max(error, Math.abs(values[i + 4]! - radius * Math.sin(angle)));
    }
    expect(error).toBeLessThan(1e-6);
  });
});

describe('gumbel', () => {
  const values = draw(fillGumbel, key('gumbel'));

  it('has mean 0.5772 and variance pi^2 / 6', () => {
    const mean = moment(values, (x) => x);
    const variance = moment(values, (x) => (x - mean) ** 2);
    const deviation = 1 / Math.sqrt(COUNT);
    expect(Math.abs(mean - 0.5772156649)).toBeLessThan(4 * Math.sqrt(Math.PI ** 2 / 6) * deviation);
    // The kurtosis is 5.4.
    expect(Math.abs(variance - Math.PI ** 2 / 6)).toBeLessThan(
      4 * (Math.PI ** 2 / 6) * Math.sqrt(4.4) * deviation,
    );
  });

  it('is the exact transform of its bits to 3e-6', () => {
    const bits = new Uint32Array(1 << 16);
    fillBits(bits, key('gumbel'));
    const exact = Array.from(bits, (word) => -Math.log(-Math.log1p(-(2 ** 32 - 0.5 - word) / 2 ** 32)));
    expect(distance(values.subarray(0, bits.length), exact)).toBeLessThan(3e-6);
  });

  it('picks categories with softmax probabilities', () => {
    const logits = [0, 1, 2, -1];
    const counts = new Uint32Array(4);
    for (let i = 0; i < COUNT; i += 4) {
      const scores = logits.map((logit, j) => logit + values[i + j]!);
      counts[scores.indexOf(Math.max(...scores))]! += 1;
    }
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    logits.forEach((logit, j) => {
      const expected = ((Math.exp(logit) / total) * COUNT) / 4;
      expect(Math.abs(counts[j]! - expected)).toBeLessThan(4 * Math.sqrt(expected));
    });
  });
});

describe('transforms of extreme bits', () => {
  const EXTREMES = [0, 1, 0x7fffffff, 0x80000000, 0xbfffffff, 0xc0000000, 0xfffffffe, 0xffffffff];

  /** The results for every extreme, in pairs (first word, second word) as the normal transform takes them. */
  function transform(run: (kernels: RandomKernels, count: number) => void): number[][] {
    const memory = allocateMemory(65_536);
    const kernels = instantiateRandomKernels(memory);
    const pairs = EXTREMES.flatMap((first) => EXTREMES.map((second) => [first, second] as const));
    const place = (pair: number) => Math.floor(pair / 4) * 8 + (pair % 4);
    const words = new Uint32Array(memory.buffer, 0, pairs.length * 2);
    pairs.forEach(([first, second], index) => {
      words[place(index)] = first;
      words[place(index) + 4] = second;
    });
    run(kernels, words.length);
    const results = new Float32Array(memory.buffer, 0, words.length);
    return pairs.map((pair, index) => [...pair, results[place(index)]!, results[place(index) + 4]!]);
  }

  it('normal', () => {
    for (const [u, v, first, second] of transform((kernels, count) => kernels.toNormal(count, 0))) {
      const radius = Math.sqrt(-2 * Math.log1p(-(2 ** 32 - 0.5 - u!) / 2 ** 32));
      const angle = (Math.PI / 2) * ((v! >>> 30) + (v! << 2) / 2 ** 32);
      expect(Math.abs(first! - radius * Math.cos(angle))).toBeLessThan(1e-6);
      expect(Math.abs(second! - radius * Math.sin(angle))).toBeLessThan(1e-6);
    }
  });

  it('gumbel', () => {
    for (const [u, , first] of transform((kernels, count) => kernels.toGumbel(count, 0))) {
      const exact = -Math.log(-Math.log1p(-(2 ** 32 - 0.5 - u!) / 2 ** 32));
      expect(Math.abs(first! - exact)).toBeLessThan(3e-6);
    }
  });

  it('uniform', () => {
    for (const [u, , first] of transform((kernels, count) => kernels.toUniform(count, 0))) {
      expect(first).toBe((u! >>> 8) / 2 ** 24);
    }
  });
});

describe('bernoulli', () => {
  it('keeps the right share, scaled', () => {
    for (const keep of [0.1, 0.5, 0.9, 1]) {
      const mask = draw((view, seed) => fillBernoulli(view, seed, 0, keep), key(11));
      expect(mask.every((x) => x === 0 || x === Math.fround(1 / keep))).toBe(true);
      const share = moment(mask, (x) => (x > 0 ? 1 : 0));
      expect(Math.abs(share - keep)).toBeLessThanOrEqual(4 * Math.sqrt((keep * (1 - keep)) / COUNT));
    }
  });
});

describe('keys', () => {
  it('of integers are their bits', () => {
    expect(key(5)).toEqual({ hi: 0, lo: 5 });
    expect(key(2 ** 40 + 1)).toEqual({ hi: 256, lo: 1 });
    expect(key(-1)).toEqual(key(0xffff_ffff_ffff_ffffn));
  });

  it('do not change from one version to the next', () => {
    expect(foldIn(key(1), 2)).toEqual({ hi: 2847456232, lo: 2100602697 });
    expect(key('tutelage')).toEqual({ hi: 132155722, lo: 256883309 });
    expect(split(key(1), 2)).toEqual([
      { hi: 3706097062, lo: 2313400127 },
      { hi: 3122075403, lo: 1474106103 },
    ]);
  });

  it('differ for different data', () => {
    const texts = ['', 'a', 'a\0', 'b', '12345678', '123456781', '1234567812345678', 'ü', 'u'];
    const numbers = [0, 1, -1, 2 ** 32, 2 ** 52, -(2 ** 40)];
    const keys = [
      ...texts.map((text) => key(text)),
      ...texts.map((text) => foldIn(key(1), text)),
      ...numbers.map((number) => foldIn(key(1), number)),
      ...split(key(1), 20),
    ];
    expect(new Set(keys.map(({ hi, lo }) => `${hi},${lo}`)).size).toBe(keys.length);
  });
});

it('says what is wrong', () => {
  expect(() => key(1.5)).toThrow('invalid seed: 1.5');
  expect(() => foldIn(key(1), Number.NaN)).toThrow('invalid data to fold into a key: NaN');
  expect(() => split(key(1), -1)).toThrow('invalid number of keys: -1');
  expect(() => fillUniform(new Float32Array(1), key(1), -1)).toThrow('invalid random offset: -1');
  expect(() => fillBernoulli(new Float32Array(1), key(1), 0, 0)).toThrow('invalid keep: 0');
});
