/** Sizes of symbolic axes by their names. */
export type Sizes = Readonly<Record<string, number>>;

/** A whole number times a product of distinct symbolic axes; no axes stand for 1. */
export interface Term {
  readonly coefficient: number;
  readonly axes: readonly string[];
}

/** A size in terms of symbolic axes: a sum of terms, divided by a whole number. */
export interface Polynomial {
  readonly terms: readonly Term[];
  readonly divisor: number;
}

/** Larger denominators are taken for coincidences. */
const largestDivisor = 64;

export function evaluate({ terms, divisor }: Polynomial, sizes: Sizes): number {
  const product = (axes: readonly string[]) => axes.reduce((n, axis) => n * sizes[axis]!, 1);
  return terms.reduce((sum, { coefficient, axes }) => sum + coefficient * product(axes), 0) / divisor;
}

/** The number, when no axis is in it. */
export function constantOf({ terms, divisor }: Polynomial): number | undefined {
  if (terms.length === 0) return 0;
  return terms.length === 1 && terms[0]!.axes.length === 0 ? terms[0]!.coefficient / divisor : undefined;
}

/** As text, such as `past + sequence` or `2 * batch`. */
export function showPolynomial({ terms, divisor }: Polynomial): string {
  const shown = terms.map(({ coefficient, axes }) =>
    [...(coefficient === 1 && axes.length > 0 ? [] : [coefficient]), ...axes].join(' * '),
  );
  const sum = shown.join(' + ').replaceAll('+ -', '- ') || '0';
  return divisor === 1 ? sum : `(${sum}) / ${divisor}`;
}

/**
 * Reads a dimension: a size, the name of a symbolic axis, or a sum of these such as `past + sequence`.
 * Undefined where the text is none of them.
 */
export function parseDimension(dimension: number | string): Polynomial | undefined {
  const counts = new Map<string, number>();
  for (const part of String(dimension).split('+')) {
    const text = part.trim();
    const isNumber = /^\d+$/.test(text);
    if (!isNumber && !/^[A-Za-z_]\w*$/.test(text)) return undefined;
    const key = isNumber ? '' : text;
    counts.set(key, (counts.get(key) ?? 0) + (isNumber ? Number(text) : 1));
  }
  return { terms: termsOf(counts), divisor: 1 };
}

/**
 * The polynomial of degree 1 in each axis that takes given values at the corners of a box of sizes: value i belongs to the
 * corner whose j-th axis has its second size where bit j of i is set. Coefficients are rounded to fractions with a small
 * common denominator, so that the result must still be compared with the values.
 */
export function throughCorners(
  ranges: readonly { readonly axis: string; readonly sizes: readonly [number, number] }[],
  values: readonly number[],
): Polynomial {
  const coefficients = interpolate(ranges, values);
  for (let divisor = 1; divisor <= largestDivisor; divisor++) {
    const scaled = [...coefficients].map(([key, c]) => [key, c * divisor] as const);
    if (divisor === largestDivisor || scaled.every(([, c]) => Math.abs(c - Math.round(c)) < 1e-6)) {
      return { terms: termsOf(new Map(scaled.map(([key, c]) => [key, Math.round(c)]))), divisor };
    }
  }
  throw new Error('internal: the last divisor is always taken');
}

type Coefficients = ReadonlyMap<string, number>;

function interpolate(
  ranges: readonly { readonly axis: string; readonly sizes: readonly [number, number] }[],
  values: readonly number[],
): Coefficients {
  const [first, ...rest] = ranges;
  if (!first) return new Map([['', values[0]!]]);
  const [low, high] = first.sizes;
  const atLow = interpolate(
    rest,
    values.filter((_, i) => i % 2 === 0),
  );
  const atHigh = interpolate(
    rest,
    values.filter((_, i) => i % 2 === 1),
  );
  const result = new Map<string, number>();
  for (const [key, c] of atLow) {
    const slope = (atHigh.get(key)! - c) / (high - low);
    result.set(key, c - low * slope);
    result.set(key === '' ? first.axis : `${first.axis} ${key}`, slope);
  }
  return result;
}

function termsOf(coefficients: Coefficients): Term[] {
  return [...coefficients]
    .filter(([, coefficient]) => coefficient !== 0)
    .map(([key, coefficient]) => ({ coefficient, axes: key === '' ? [] : key.split(' ') }))
    .sort((a, b) => b.axes.length - a.axes.length);
}
