import { mean } from './checks.js';

/** y = scale x^exponent. */
export interface PowerLaw {
  readonly scale: number;
  readonly exponent: number;
}

/**
 * The power law through some points, by least squares in both logarithms.
 *
 * @param points x and y, both above 0; two or more of different x
 */
export function fitPowerLaw(points: readonly (readonly [x: number, y: number])[]): PowerLaw {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const [middleX, middleY] = [mean(logs.map(([x]) => x)), mean(logs.map(([, y]) => y))];
  const spread = logs.reduce((sum, [x]) => sum + (x - middleX) ** 2, 0);
  if (!(spread > 0)) throw new RangeError(`a power law needs points of different x: ${points.length} given`);
  const exponent = logs.reduce((sum, [x, y]) => sum + (x - middleX) * (y - middleY), 0) / spread;
  return { scale: Math.exp(middleY - exponent * middleX), exponent };
}

/** How far a point lies above a power law: the logarithm of their ratio. */
export function residual({ scale, exponent }: PowerLaw, [x, y]: readonly [number, number]): number {
  return Math.log(y) - Math.log(scale) - exponent * Math.log(x);
}
