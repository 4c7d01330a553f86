import type { Axes } from './axes.js';
import { evaluate, type Polynomial, throughCorners } from './polynomial.js';

/** How a number follows from the sizes of symbolic axes. */
export type Fit =
  | { readonly kind: 'polynomial'; readonly polynomial: Polynomial }
  /** One over a polynomial, as in the factor of an unbiased variance. */
  | { readonly kind: 'reciprocal'; readonly polynomial: Polynomial }
  /** A factor times powers of sizes, as in a mean's 1 / n or an attention's 1 / sqrt(n). */
  | { readonly kind: 'powers'; readonly factor: number; readonly powers: ReadonlyMap<string, number> };

/** Float constants were rounded to float32 when they were traced. */
const floatTolerance = 1e-6;

/** The polynomial that gives whole numbers seen in the trials, if there is one. */
export function fitInteger(axes: Axes, seen: readonly number[]): Fit | undefined {
  const polynomial = throughCorners(axes.ranges, seen);
  const fits = axes.trials.every((sizes, i) => evaluate(polynomial, sizes) === seen[i]);
  return fits ? { kind: 'polynomial', polynomial } : undefined;
}

/** The formula that gives floating-point numbers seen in the trials, if there is one. */
export function fitFloat(axes: Axes, seen: readonly number[]): Fit | undefined {
  return (
    fitPowers(axes, seen) ?? fitRounded(axes, seen, 'polynomial') ?? fitRounded(axes, seen, 'reciprocal')
  );
}

function fitPowers({ ranges, trials }: Axes, seen: readonly number[]): Fit | undefined {
  const powers = new Map<string, number>();
  let factor = seen[0]!;
  ranges.forEach(({ axis, sizes: [low, high] }, j) => {
    const exponent = Math.log(seen[2 ** j]! / seen[0]!) / Math.log(high / low);
    const power = Math.round(2 * exponent) / 2;
    if (power !== 0) powers.set(axis, power);
    factor /= low ** power;
  });
  const value = (i: number) => [...powers].reduce((x, [axis, p]) => x * trials[i]![axis]! ** p, factor);
  return seen.every((x, i) => isClose(value(i), x)) ? { kind: 'powers', factor, powers } : undefined;
}

function fitRounded(axes: Axes, seen: readonly number[], kind: 'polynomial' | 'reciprocal'): Fit | undefined {
  const invert = (x: number) => (kind === 'reciprocal' ? 1 / x : x);
  const rough = throughCorners(axes.ranges, seen.map(invert));
  const terms = rough.terms
    .map(({ coefficient, axes }) => ({ coefficient: Math.round(coefficient / rough.divisor), axes }))
    .filter(({ coefficient }) => coefficient !== 0);
  const polynomial = { terms, divisor: 1 };
  const fits = axes.trials.every((sizes, i) => isClose(invert(evaluate(polynomial, sizes)), seen[i]!));
  return fits ? { kind, polynomial } : undefined;
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= floatTolerance * Math.abs(b);
}
