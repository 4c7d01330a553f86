import type { DType } from '../graph/dtype.js';
import { ExportError } from './errors.js';
import { evaluate, type Polynomial, parseDimension, type Sizes } from './polynomial.js';

/** An input of an exported model. A dimension is a size, the name of a symbolic axis, or a sum such as `past + sequence`. */
export interface ExportInput {
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

/** Sizes that a symbolic axis can have, where not every size from 1 on is one. */
export interface AxisRange {
  readonly min?: number;
  readonly max?: number;
  /** Sizes are multiples of this. */
  readonly multipleOf?: number;
}

/** Where a symbolic axis can be read from. */
export interface AxisPlace {
  readonly input: string;
  readonly axis: number;
}

/** The symbolic axes of a set of inputs, with the sizes at which the function is traced. */
export interface Axes {
  readonly places: ReadonlyMap<string, AxisPlace>;
  /** Two sizes of each axis, whose combinations are the corners of a box. */
  readonly ranges: readonly { readonly axis: string; readonly sizes: readonly [number, number] }[];
  /** The corners, in the order that `throughCorners` wants, and two more combinations to check what was found. */
  readonly trials: readonly Sizes[];
  /** Constants with more elements may have a symbolic axis, since no trial has one of this size or less. */
  readonly foldLimit: number | undefined;
}

/**
 * Finds the symbolic axes of inputs and chooses trial sizes for each: primes, where the range has them, that are no size of
 * anything else, so that no coincidence hides what depends on what.
 *
 * @param taken sizes that other dimensions have
 * @throws {ExportError} for a dimension that cannot be read, an axis that is nowhere on its own, or a range without three sizes
 */
export function planAxes(
  inputs: Readonly<Record<string, ExportInput>>,
  options: Readonly<Record<string, AxisRange>>,
  taken: ReadonlySet<number>,
): Axes {
  const places = new Map<string, AxisPlace>();
  const mentioned = new Set<string>();
  for (const [input, { shape }] of Object.entries(inputs)) {
    shape.forEach((dimension, axis) => {
      for (const term of readDimension(input, dimension).terms)
        for (const name of term.axes) mentioned.add(name);
      if (typeof dimension === 'string' && /^[A-Za-z_]\w*$/.test(dimension) && !places.has(dimension))
        places.set(dimension, { input, axis });
    });
  }
  for (const name of mentioned) {
    if (!places.has(name)) {
      throw new ExportError(
        `axis '${name}' is only part of sums: one input must have it as a dimension of its own`,
      );
    }
  }
  for (const name of Object.keys(options)) {
    if (!places.has(name)) throw new ExportError(`axes: no input has an axis '${name}'`);
  }
  const used = new Set(taken);
  const chosen = [...places.keys()].map((axis) => {
    const sizes = chooseSizes(axis, options[axis] ?? {}, used);
    for (const size of sizes) used.add(size);
    return { axis, sizes };
  });
  const ranges = chosen.map(({ axis, sizes: [a, b] }) => ({ axis, sizes: [a, b] as const }));
  const corners = Array.from({ length: 2 ** ranges.length }, (_, corner) =>
    Object.fromEntries(ranges.map(({ axis, sizes }, j) => [axis, sizes[(corner >> j) & 1]!])),
  );
  const checks = [2, 3].map((k) => Object.fromEntries(chosen.map(({ axis, sizes }) => [axis, sizes[k]!])));
  if (ranges.length === 0) return { places, ranges, trials: corners, foldLimit: undefined };
  const foldLimit = Math.min(...chosen.flatMap(({ sizes }) => sizes)) - 1;
  return { places, ranges, trials: [...corners, ...checks], foldLimit };
}

/** The shape of an input at given sizes of the symbolic axes. */
export function shapeAt(name: string, { shape }: ExportInput, sizes: Sizes): number[] {
  return shape.map((dimension) => evaluate(readDimension(name, dimension), sizes));
}

function readDimension(input: string, dimension: number | string): Polynomial {
  const read = parseDimension(dimension);
  if (!read) {
    throw new ExportError(
      `dimension of input '${input}': ${JSON.stringify(dimension)}; give a size, a name, or a sum such as 'past + sequence'`,
    );
  }
  return read;
}

/** Where an axis' trial sizes lie, when its range allows: far apart, and the last beside a neighbour. */
const targets = { low: 37, high: 251, check: 61 };

/**
 * Two sizes from which formulas are found and two to check them with. The latter are neighbours, if they can be: a formula that
 * rounds, such as half of an axis, agrees with a straight line at some sizes, but not at two neighbours as well.
 */
function chooseSizes(
  axis: string,
  { min = 1, max = Number.POSITIVE_INFINITY, multipleOf = 1 }: AxisRange,
  used: ReadonlySet<number>,
): readonly [number, number, number, number] {
  let candidates: number[] = [];
  const first = Math.ceil(min / multipleOf) * multipleOf;
  for (let size = first; size <= Math.min(max, first + 400 * multipleOf); size += multipleOf) {
    // A size of 1 would broadcast, one of 0 would be empty.
    if (size > 1 && !used.has(size)) candidates.push(size);
  }
  if (candidates.length < 3) {
    throw new ExportError(
      `axis '${axis}': its range ${min}..${max} has fewer than three sizes to try beside those of other dimensions; make it a fixed size`,
    );
  }
  const take = (target: number, cost: (size: number) => number): number => {
    const distance = (size: number) => Math.abs(size / multipleOf - target) + cost(size);
    const best = candidates.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    candidates = candidates.filter((size) => size !== best);
    return best;
  };
  const unlessPrime = (size: number) => (isPrime(size / multipleOf) ? 0 : 1e6);
  const low = take(targets.low, unlessPrime);
  const high = take(targets.high, unlessPrime);
  const check = take(targets.check, (size) => (candidates.includes(size + multipleOf) ? 0 : 1e6));
  const neighbour = candidates.includes(check + multipleOf) ? check + multipleOf : check;
  return [low, high, check, neighbour];
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n > 1;
}
