import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import {
  drawFrom,
  fitBestMixture,
  fitMixture,
  freeParameters,
  indexByWeight,
  informationCriterion,
} from '../../src/curricula/gaussian-mixture.js';

const key = random.key(3);

function normalPoints(
  count: number,
  centre: readonly number[],
  spread: number,
  seed: number,
): Float64Array[] {
  const noise = new Float32Array(count * centre.length);
  random.fillNormal(noise, random.key(seed));
  return Array.from({ length: count }, (_, n) =>
    Float64Array.from(centre, (own, i) => own + spread * noise[n * centre.length + i]!),
  );
}

test('one component is the mean, the covariance with its ridge, and their log-likelihood', () => {
  const points = [Float64Array.of(0, 0), Float64Array.of(2, 0), Float64Array.of(0, 2), Float64Array.of(2, 2)];
  const { components, logLikelihood } = fitMixture(points, 1, key);
  const [only] = components;
  expect([...only!.mean]).toEqual([expect.closeTo(1, 9), expect.closeTo(1, 9)]);
  expect([...only!.covariance].map((x) => Number(x.toFixed(9)))).toEqual([1.000001, 0, 0, 1.000001]);
  // Each point is at squared distance 2 of the mean: ln density = -ln 2π - 1.
  expect(logLikelihood).toBeCloseTo(4 * (-Math.log(2 * Math.PI) - 1), 4);
});

test('separate clusters are found with their weights and shapes', () => {
  const points = [...normalPoints(200, [0, 0], 0.05, 1), ...normalPoints(100, [1, 1], 0.1, 2)];
  const { components } = fitBestMixture(points, { least: 2, most: 5, criterion: 'bic', key });
  expect(components).toHaveLength(2);
  const [small, large] = [...components].sort((a, b) => a.weight - b.weight);
  expect(small!.weight).toBeCloseTo(1 / 3, 3);
  expect(Math.sqrt(small!.covariance[0]!)).toBeCloseTo(0.1, 1);
  expect(large!.mean[0]).toBeCloseTo(0, 1);
  expect(small!.mean[1]).toBeCloseTo(1, 1);
});

test('criteria are those of the formulas', () => {
  const points = normalPoints(50, [0, 0, 0], 1, 4);
  const mixture = fitMixture(points, 2, key);
  const parameters = 2 * (3 + 6) + 1;
  expect(freeParameters(2, 3)).toBe(parameters);
  const aic = 2 * parameters - 2 * mixture.logLikelihood;
  expect(informationCriterion(mixture, 50, 'aic')).toBeCloseTo(aic, 9);
  expect(informationCriterion(mixture, 50, 'bic')).toBeCloseTo(
    parameters * Math.log(50) - 2 * mixture.logLikelihood,
    9,
  );
  expect(informationCriterion(mixture, 50, 'aicc')).toBeCloseTo(
    aic + (2 * parameters * (parameters + 1)) / (50 - parameters - 1),
    9,
  );
  expect(informationCriterion(mixture, parameters, 'aicc')).toBe(Number.POSITIVE_INFINITY);
});

test('points in one place, and fewer places than components, still have a density', () => {
  const points = Array.from({ length: 30 }, (_, i) => Float64Array.of(i % 2, 0));
  const { components, logLikelihood } = fitBestMixture(points, { least: 2, most: 10, criterion: 'aic', key });
  expect(components.length).toBeLessThanOrEqual(2);
  expect(Number.isFinite(logLikelihood)).toBe(true);
  const same = fitBestMixture(
    points.map(() => Float64Array.of(0.5, 0.5)),
    { least: 2, most: 10, criterion: 'aic', key },
  );
  expect(same.components[0]!.mean[0]).toBeCloseTo(0.5, 9);
});

test('the likelihood does not fall with more components', () => {
  const points = normalPoints(200, [0, 0], 1, 9).map((p, i) => Float64Array.of(p[0]! + (i % 4), p[1]!));
  const likelihoods = [1, 2, 4].map((k) => fitMixture(points, k, key).logLikelihood);
  expect(likelihoods[1]!).toBeGreaterThan(likelihoods[0]!);
  expect(likelihoods[2]!).toBeGreaterThan(likelihoods[1]! - 1);
});

test('points drawn from a component have its covariance', () => {
  const { components } = fitMixture(
    normalPoints(500, [0, 0], 1, 5).map((p) => Float64Array.of(p[0]!, 0.8 * p[0]! + 0.6 * p[1]!)),
    1,
    key,
  );
  const noise = new Float32Array(8000);
  random.fillNormal(noise, random.key(6));
  const drawn = Array.from({ length: 4000 }, (_, n) =>
    drawFrom(components[0]!, noise.subarray(2 * n, 2 * n + 2)),
  );
  const product = drawn.reduce((sum, [x, y]) => sum + x! * y!, 0) / drawn.length;
  expect(product).toBeCloseTo(components[0]!.covariance[1]!, 1);
});

test('indices follow weights, and are even where all weights are 0', () => {
  expect([0, 0.24, 0.26, 0.99].map((draw) => indexByWeight([1, 0, 3], draw))).toEqual([0, 0, 2, 2]);
  expect([0, 0.5, 0.99].map((draw) => indexByWeight([0, 0, 0], draw))).toEqual([0, 1, 2]);
});
