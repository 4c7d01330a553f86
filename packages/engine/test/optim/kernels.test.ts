import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ArenaRange, createArena } from '../../src/optim/arena.js';
import { fillNormal, fillUniform } from '../../src/random/fill.js';
import { key } from '../../src/random/keys.js';
import { distance } from './fixture.js';

const SIZES = [1, 3, 4, 16, 17, 64, 1000];
/** A few float32 roundings of values near 1. */
const TOLERANCE = 1e-6;

/** Parameter, gradient and two slots of one tensor, with random contents; the second slot is positive. */
function setUp(size: number) {
  const arena = createArena([{ name: 'w', size }], 2);
  const { parameter, gradient, slots } = arena.tensors.get('w')!;
  const views = [parameter, gradient!, slots[0]!, slots[1]!] as const;
  fillNormal(views[0], key(1));
  fillNormal(views[1], key(2));
  fillNormal(views[2], key(3));
  fillUniform(views[3], key(4));
  const before = views.map((view) => Array.from(view));
  return { range: arena.ranges[0]!, views, before };
}

type Row = [p: number, g: number, m: number, v: number];

/** Runs a kernel and the same formula in float64 on every element, and compares all four arrays. */
function check(run: (range: ArenaRange) => void, formula: (row: Row) => Row) {
  for (const size of SIZES) {
    const { range, views, before } = setUp(size);
    run(range);
    const after = Array.from({ length: size }, (_, i) => formula(before.map((array) => array[i]!) as Row));
    views.forEach((view, role) => {
      const expected = after.map((row) => row[role]!);
      expect(distance(view, expected)).toBeLessThan(TOLERANCE);
    });
  }
}

describe('kernels against float64', () => {
  it('sgd', () => {
    check(
      ({ kernels, count, parameter, gradient }) =>
        kernels.sgd(count, parameter, gradient, 0.5, 0.1, 0.9, 0.3),
      ([p, g, m, v]) => [0.9 * p - 0.3 * (0.5 * g + 0.1 * p), g, m, v],
    );
  });

  it('momentum', () => {
    check(
      ({ kernels, count, parameter, gradient, slots }) =>
        kernels.momentum(count, parameter, gradient, slots[0]!, 0.5, 0.1, 0.9, 0.3, 0.8, 0.7, 0.6, 0.4),
      ([p, g, m, v]) => {
        const regularized = 0.5 * g + 0.1 * p;
        const velocity = 0.8 * m + 0.7 * regularized;
        return [0.9 * p - 0.3 * (0.6 * regularized + 0.4 * velocity), g, velocity, v];
      },
    );
  });

  it('adam', () => {
    check(
      ({ kernels, count, parameter, gradient, slots: [m, v] }) =>
        kernels.adam(
          count,
          parameter,
          gradient,
          m!,
          v!,
          0.5,
          0.1,
          0.9,
          0.03,
          0.8,
          0.2,
          0.95,
          0.05,
          1.5,
          0.01,
        ),
      ([p, g, m, v]) => {
        const regularized = 0.5 * g + 0.1 * p;
        const mean = 0.8 * m + 0.2 * regularized;
        const square = 0.95 * v + 0.05 * regularized ** 2;
        return [0.9 * p - (0.03 * mean) / (1.5 * Math.sqrt(square) + 0.01), g, mean, square];
      },
    );
  });

  it('adagrad', () => {
    check(
      ({ kernels, count, parameter, gradient, slots }) =>
        kernels.adagrad(count, parameter, gradient, slots[1]!, 0.5, 0.1, 0.03, 0.01),
      ([p, g, m, v]) => {
        const regularized = 0.5 * g + 0.1 * p;
        const sum = v + regularized ** 2;
        return [p - (0.03 * regularized) / (Math.sqrt(sum) + 0.01), g, m, sum];
      },
    );
  });

  it('lion', () => {
    check(
      ({ kernels, count, parameter, gradient, slots }) =>
        kernels.lion(count, parameter, gradient, slots[0]!, 0.5, 0.9, 0.03, 0.9, 0.1, 0.99, 0.01),
      ([p, g, m, v]) => [
        0.9 * p - 0.03 * Math.sign(0.9 * m + 0.1 * 0.5 * g),
        g,
        0.99 * m + 0.01 * 0.5 * g,
        v,
      ],
    );
  });

  it('lion moves nothing along a zero direction', () => {
    const { range, views } = setUp(20);
    views[1].fill(0);
    views[2].fill(0);
    const before = views[0].slice();
    range.kernels.lion(
      range.count,
      range.parameter,
      range.gradient,
      range.slots[0]!,
      1,
      1,
      0.1,
      0.9,
      0.1,
      0.99,
      0.01,
    );
    expect(views[0]).toEqual(before);
  });

  it('flush slots that have decayed below normal numbers, and keep what is not a number', () => {
    const runs: ((range: ArenaRange) => void)[] = [
      ({ kernels, count, parameter, gradient, slots: [m] }) =>
        kernels.momentum(count, parameter, gradient, m!, 1, 0, 1, 0.1, 0.9, 1, 0, 1),
      ({ kernels, count, parameter, gradient, slots: [m, v] }) =>
        kernels.adam(count, parameter, gradient, m!, v!, 1, 0, 1, 0.1, 0.9, 0.1, 0.9, 0.1, 1, 1e-8),
      ({ kernels, count, parameter, gradient, slots: [m] }) =>
        kernels.lion(count, parameter, gradient, m!, 1, 1, 0.1, 0.9, 0.1, 0.9, 0.1),
    ];
    for (const run of runs) {
      const { range, views } = setUp(5);
      const [, gradient, first, second] = views;
      gradient.fill(0);
      gradient[4] = Number.NaN;
      first.set([1e-38, -1e-38, 2 ** -125, -1, 1]);
      second.fill(1e-38);
      run(range);
      expect(Array.from(first)).toEqual([0, 0, Math.fround(0.9 * 2 ** -125), Math.fround(-0.9), Number.NaN]);
      if (run === runs[1]) expect(Array.from(second)).toEqual([0, 0, 0, 0, Number.NaN]);
    }
  });

  it('blend, scale, copy', () => {
    check(
      ({ kernels, count, parameter, gradient, slots: [m, v] }) => {
        kernels.blend(count, parameter, gradient, 0.75, 0.25);
        kernels.scale(count, m!, -3);
        kernels.copy(count, v!, gradient);
      },
      ([p, g, m]) => [0.75 * p + 0.25 * g, g, -3 * m, g],
    );
  });

  it('sumSquares adds in float64', () => {
    for (const size of SIZES) {
      const { range, before } = setUp(size);
      const expected = before[1]!.reduce((sum, x) => sum + x * x, 0);
      const actual = range.kernels.sumSquares(range.count, range.gradient);
      expect(Math.abs(actual - expected) / expected).toBeLessThan(1e-13);
    }
    // Squares that overflow float32, and small ones that float32 would drop beside a large one.
    const { range, views } = setUp(10_000);
    views[1].fill(1e-3);
    views[1][0] = 1e20;
    expect(range.kernels.sumSquares(range.count, range.gradient)).toBeCloseTo(Math.fround(1e20) ** 2, -25);
    views[1][0] = 100;
    const small = Math.fround(1e-3) ** 2 * 9999;
    expect(range.kernels.sumSquares(range.count, range.gradient)).toBeCloseTo(10_000 + small, 8);
  });

  it('sumSquares passes on what is not finite, in any lane', () => {
    for (let i = 0; i < 17; i += 1) {
      for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
        const { range, views } = setUp(17);
        views[1][i] = value;
        expect(Number.isFinite(range.kernels.sumSquares(range.count, range.gradient))).toBe(false);
      }
    }
  });
});

it('kernels.generated.ts is current', () => {
  const script = fileURLToPath(new URL('../../scripts/build-kernels.js', import.meta.url));
  expect(() => execFileSync(process.execPath, [script, '--check'])).not.toThrow();
});
