/** What a score of an order consists of (Singh et al. 2022). */
export interface OrderScore {
  /** 1 - v of the first: how central it is. */
  readonly start: number;
  /** Sum of 1 - D between what is learned early and what is learned late, from the ends inwards: alike is good. */
  readonly ends: number;
  /** Sum of D between neighbours in time: unlike is good. */
  readonly neighbours: number;
  readonly total: number;
}

/** Distances between classes, in the forms that orders are scored by. */
export interface ClassGeometry {
  /** Rows that sum to 1, so that it is not symmetric. */
  readonly normalised: readonly (readonly number[])[];
  /** Variance of each row with its zero, as a share of all: small for a class that is equally far from all. */
  readonly spread: readonly number[];
}

export type DistanceMetric = 'cosine' | 'euclidean';

/**
 * Distances between class means.
 *
 * @returns a symmetric matrix with a diagonal of 0
 * @throws {RangeError} for a zero vector, which has no direction, with its position
 */
export function classDistances(means: readonly ArrayLike<number>[], metric: DistanceMetric): number[][] {
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
    return sum;
  };
  const norms = means.map((mean) => Math.sqrt(dot(mean, mean)));
  const zero = norms.indexOf(0);
  if (metric === 'cosine' && zero >= 0) throw new RangeError(`class ${zero} has a mean of 0`);
  return means.map((a, i) =>
    means.map((b, j) => {
      if (i === j) return 0;
      const product = dot(a, b);
      return metric === 'cosine'
        ? 1 - product / (norms[i]! * norms[j]!)
        : Math.sqrt(Math.max(0, norms[i]! ** 2 + norms[j]! ** 2 - 2 * product));
    }),
  );
}

/** @param distances square, not negative, with a diagonal of 0 */
export function classGeometry(distances: readonly (readonly number[])[]): ClassGeometry {
  const normalised = distances.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((one) => (sum > 0 ? one / sum : 0));
  });
  const variances = normalised.map((row) => {
    const mean = 1 / row.length;
    return row.reduce((sum, one) => sum + (one - mean) ** 2, 0) / row.length;
  });
  const all = variances.reduce((a, b) => a + b, 0);
  return { normalised, spread: variances.map((one) => (all > 0 ? one / all : 1 / variances.length)) };
}

/**
 * The score of an order, walked from both ends inwards; higher is better. With an even number of classes the last step meets one pair
 * twice, once as ends and once as neighbours, which adds 1 to every order.
 *
 * @param order of all classes
 */
export function scoreOrder({ normalised, spread }: ClassGeometry, order: readonly number[]): OrderScore {
  const count = order.length;
  const start = 1 - spread[order[0]!]!;
  let [ends, neighbours] = [0, 0];
  for (let i = 0; 1 + 2 * i < count; i++) {
    const [current, next, last] = [order[i]!, order[i + 1]!, order[count - 1 - i]!];
    ends += 1 - normalised[current]![last]!;
    neighbours += normalised[current]![next]!;
  }
  return { start, ends, neighbours, total: start + ends + neighbours };
}

/** All orders of 0 to `count` - 1, in lexicographic order. */
export function allOrders(count: number): number[][] {
  if (count === 0) return [[]];
  const extend = (rest: readonly number[]): number[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((first) => extend(rest.filter((one) => one !== first)).map((tail) => [first, ...tail]));
  return extend(Array.from({ length: count }, (_, i) => i));
}
