/** ln Gamma(x) for x > 0, within 1e-14 relative: Lanczos's approximation with g = 7 and nine terms (Godfrey 2001). */
export function logGamma(x: number): number {
  let series = lanczos[0]!;
  for (let i = 1; i < lanczos.length; i++) series += lanczos[i]! / (x + i - 1);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series);
}

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/**
 * The regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22, evaluated as Lentz 1976 does).
 *
 * @param x in [0, 1]
 * @param a positive
 * @param b positive
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const logFront =
    a * Math.log(x) + b * Math.log1p(-x) - Math.log(a) - (logGamma(a) + logGamma(b) - logGamma(a + b));
  let fraction = 1;
  let c = 1;
  let d = 0;
  for (let i = 0; i <= 500; i++) {
    const m = i >> 1;
    const numerator =
      i === 0
        ? 1
        : i % 2 === 0
          ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
          : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + numerator * d);
    c = 1 + numerator / c;
    const step = c * d;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return Math.exp(logFront) * (fraction - 1);
}

/** P(T <= t) for Student's t. */
export function studentTCdf(t: number, degrees: number): number {
  const tail = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

/**
 * The value that Student's t stays below with probability p, within 1e-12 relative, by bisection.
 *
 * @param p in (0, 1)
 * @param degrees of freedom, positive
 */
export function studentTQuantile(p: number, degrees: number): number {
  if (p < 0.5) return -studentTQuantile(1 - p, degrees);
  if (p === 0.5) return 0;
  let high = 1;
  while (studentTCdf(high, degrees) < p) high *= 2;
  return bisect((t) => studentTCdf(t, degrees) - p, 0, high);
}

/** P(Z <= z) for the standard normal distribution. */
export function normalCdf(z: number): number {
  const tail = upperGammaHalf((z * z) / 2) / 2;
  return z > 0 ? 1 - tail : tail;
}

/** The standard normal quantile, within 1e-12, by bisection. */
export function normalQuantile(p: number): number {
  if (p <= 0 || p >= 1) return p <= 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  return bisect((z) => normalCdf(z) - p, -40, 0);
}

/** Q(1/2, x) = erfc(sqrt x): the series of DLMF 8.7.1 for small x, the continued fraction 8.9.2 for large. */
function upperGammaHalf(x: number): number {
  if (x === 0) return 1;
  const front = Math.exp(-x) * Math.sqrt(x / Math.PI);
  if (x < 1.5) {
    let term = 2;
    let series = term;
    for (let n = 1; term > series * 1e-17; n++) {
      term *= x / (n + 0.5);
      series += term;
    }
    return 1 - front * series;
  }
  let fraction = 0;
  for (let n = 200; n > 0; n--) fraction = (n * (n - 0.5)) / (x + 2 * n + 0.5 - fraction);
  return front / (x + 0.5 - fraction);
}

function bisect(increasing: (x: number) => number, low: number, high: number): number {
  let [below, above] = [low, high];
  for (;;) {
    const middle = (below + above) / 2;
    if (middle === below || middle === above) return middle;
    if (increasing(middle) < 0) below = middle;
    else above = middle;
  }
}
