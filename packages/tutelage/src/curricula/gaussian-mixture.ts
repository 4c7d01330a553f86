import { random } from '@tutelage/engine';

/** One Gaussian of a mixture. */
export interface Component {
  /** Share of the points. */
  readonly weight: number;
  /** [D] */
  readonly mean: Float64Array;
  /** [D, D], row by row. */
  readonly covariance: Float64Array;
  /** Lower triangle L of the covariance L Lᵀ, [D, D]. */
  readonly root: Float64Array;
}

export interface Mixture {
  readonly components: readonly Component[];
  /** Of all points. */
  readonly logLikelihood: number;
}

export type Criterion = 'aic' | 'bic' | 'aicc';

/** Added to each variance, so that points on a line or in one place have a density. */
const ridge = 1e-6;
const mostSteps = 100;
/** Expectation maximisation ends when the mean log-likelihood grows by less. */
const tolerance = 1e-3;

/**
 * Fits a mixture of Gaussians with full covariances by expectation maximisation (Dempster, Laird & Rubin 1977), from the clusters
 * of k-means.
 *
 * @param points [N] points of D coordinates
 * @param k number of components, 1 to N
 */
export function fitMixture(points: readonly Float64Array[], k: number, key: random.Key): Mixture {
  let shares = oneHot(kMeans(points, k, key), k);
  let before = Number.NEGATIVE_INFINITY;
  for (let step = 0; ; step++) {
    const components = shares.map((share) => componentOf(points, share));
    const { responsibilities, logLikelihood } = expectation(points, components);
    const grown = (logLikelihood - before) / points.length;
    if (grown < tolerance || step === mostSteps) return { components, logLikelihood };
    shares = responsibilities;
    before = logLikelihood;
  }
}

/** The mixture with the lowest criterion among those of `least` to `most` components. */
export function fitBestMixture(
  points: readonly Float64Array[],
  options: {
    readonly least: number;
    readonly most: number;
    readonly criterion: Criterion;
    readonly key: random.Key;
  },
): Mixture {
  const { least, criterion, key } = options;
  const distinct = new Set(points.map((point) => point.join())).size;
  const most = Math.max(1, Math.min(options.most, distinct));
  const first = Math.min(least, most);
  const mixtures = Array.from({ length: most - first + 1 }, (_, i) => {
    const mixture = fitMixture(points, first + i, random.foldIn(key, first + i));
    return { mixture, score: informationCriterion(mixture, points.length, criterion) };
  });
  return mixtures.reduce((best, one) => (one.score < best.score ? one : best)).mixture;
}

/**
 * What a mixture costs: twice its log-likelihood with the opposite sign, plus a price on its P = k (D + D (D + 1) / 2) + k - 1 free
 * parameters: 2 P (Akaike 1974), P ln N (Schwarz 1978), or Akaike's corrected for small N, infinite where N is too small for P.
 */
export function informationCriterion(
  { components, logLikelihood }: Mixture,
  count: number,
  criterion: Criterion,
): number {
  const parameters = freeParameters(components.length, components[0]!.mean.length);
  if (criterion === 'bic') return parameters * Math.log(count) - 2 * logLikelihood;
  const aic = 2 * parameters - 2 * logLikelihood;
  if (criterion === 'aic') return aic;
  const left = count - parameters - 1;
  return left > 0 ? aic + (2 * parameters * (parameters + 1)) / left : Number.POSITIVE_INFINITY;
}

/** Free parameters of a mixture of k Gaussians in D dimensions. */
export function freeParameters(k: number, dimensions: number): number {
  return k * (dimensions + (dimensions * (dimensions + 1)) / 2) + k - 1;
}

/**
 * A point of a Gaussian: mean + L n.
 *
 * @param normals [D] standard normal numbers
 */
export function drawFrom({ mean, root }: Component, normals: ArrayLike<number>): Float64Array {
  const d = mean.length;
  return mean.map((centre, row) => {
    let sum = centre;
    for (let column = 0; column <= row; column++) sum += root[row * d + column]! * normals[column]!;
    return sum;
  });
}

/** The Gaussian of weighted points. */
function componentOf(points: readonly Float64Array[], shares: Float64Array): Component {
  const d = points[0]!.length;
  const total = shares.reduce((sum, share) => sum + share, 0) + 10 * Number.EPSILON;
  const mean = new Float64Array(d);
  for (let n = 0; n < points.length; n++) {
    const share = shares[n]! / total;
    for (let i = 0; i < d; i++) mean[i]! += share * points[n]![i]!;
  }
  const covariance = new Float64Array(d * d);
  for (let n = 0; n < points.length; n++) {
    const point = points[n]!;
    const share = shares[n]! / total;
    for (let i = 0; i < d; i++) {
      const scaled = share * (point[i]! - mean[i]!);
      for (let j = 0; j <= i; j++) covariance[i * d + j]! += scaled * (point[j]! - mean[j]!);
    }
  }
  for (let i = 0; i < d; i++) {
    covariance[i * d + i]! += ridge;
    for (let j = 0; j < i; j++) covariance[j * d + i] = covariance[i * d + j]!;
  }
  return { weight: total / points.length, mean, covariance, root: choleskyRoot(covariance, d) };
}

/** L of a positive definite matrix L Lᵀ. */
function choleskyRoot(matrix: Float64Array, d: number): Float64Array {
  const root = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j]!;
      for (let m = 0; m < j; m++) sum -= root[i * d + m]! * root[j * d + m]!;
      // Rounding may leave a hair below zero where the ridge is all that there is.
      root[i * d + j] = i === j ? Math.sqrt(Math.max(sum, ridge / 2)) : sum / root[j * d + j]!;
    }
  }
  return root;
}

/** How much each component answers for each point, [k][N], and the log-likelihood of all points. */
function expectation(points: readonly Float64Array[], components: readonly Component[]) {
  const responsibilities = components.map(() => new Float64Array(points.length));
  const densities = components.map(logDensity);
  const logs = new Float64Array(components.length);
  let logLikelihood = 0;
  for (let n = 0; n < points.length; n++) {
    let top = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < logs.length; c++) {
      const log = densities[c]!(points[n]!);
      logs[c] = log;
      if (log > top) top = log;
    }
    let sum = 0;
    for (let c = 0; c < logs.length; c++) sum += Math.exp(logs[c]! - top);
    const total = top + Math.log(sum);
    logLikelihood += total;
    for (let c = 0; c < logs.length; c++) responsibilities[c]![n] = Math.exp(logs[c]! - total);
  }
  return { responsibilities, logLikelihood };
}

/** ln (weight × density) at a point. */
function logDensity({ weight, mean, root }: Component): (point: Float64Array) => number {
  const d = mean.length;
  let constant = Math.log(weight) - (d / 2) * Math.log(2 * Math.PI);
  for (let i = 0; i < d; i++) constant -= Math.log(root[i * d + i]!);
  const solved = new Float64Array(d);
  return (point) => {
    let squares = 0;
    for (let i = 0; i < d; i++) {
      let sum = point[i]! - mean[i]!;
      for (let j = 0; j < i; j++) sum -= root[i * d + j]! * solved[j]!;
      solved[i] = sum / root[i * d + i]!;
      squares += solved[i]! ** 2;
    }
    return constant - squares / 2;
  };
}

/** The cluster of each point: Lloyd's algorithm (1982) from centres that are drawn far apart (Arthur & Vassilvitskii 2007). */
function kMeans(points: readonly Float64Array[], k: number, key: random.Key): Int32Array {
  const draws = new Float32Array(k);
  random.fillUniform(draws, key);
  const centres = [points[Math.floor(draws[0]! * points.length)]!];
  while (centres.length < k) {
    const distances = points.map((point) =>
      Math.min(...centres.map((centre) => squaredDistance(point, centre))),
    );
    centres.push(points[indexByWeight(distances, draws[centres.length]!)]!);
  }
  let clusters = nearest(points, centres);
  for (let step = 0; step < mostSteps; step++) {
    const moved = centres.map((centre, c) => centreOf(points, clusters, c) ?? centre);
    const next = nearest(points, moved);
    const settled = next.every((cluster, n) => cluster === clusters[n]);
    clusters = next;
    if (settled) break;
  }
  return clusters;
}

function nearest(points: readonly Float64Array[], centres: readonly Float64Array[]): Int32Array {
  return Int32Array.from(points, (point) => {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < centres.length; c++) {
      const distance = squaredDistance(point, centres[c]!);
      if (distance < least) [best, least] = [c, distance];
    }
    return best;
  });
}

function centreOf(points: readonly Float64Array[], clusters: Int32Array, cluster: number) {
  const own = points.filter((_, n) => clusters[n] === cluster);
  return own[0]?.map((_, i) => own.reduce((sum, point) => sum + point[i]!, 0) / own.length);
}

function oneHot(clusters: Int32Array, k: number): Float64Array[] {
  return Array.from({ length: k }, (_, c) => Float64Array.from(clusters, (own) => (own === c ? 1 : 0)));
}

/** Squared Euclidean distance. */
export function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

/**
 * An index, drawn in proportion to weights; all alike where every weight is 0.
 *
 * @param weights not negative
 * @param draw uniform in [0, 1)
 */
export function indexByWeight(weights: readonly number[], draw: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return Math.floor(draw * weights.length);
  let left = draw * total;
  const found = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return found >= 0 ? found : weights.findLastIndex((weight) => weight > 0);
}
