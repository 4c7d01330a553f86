import { random } from '@tutelage/engine';
import { describe, expect, it } from 'vitest';
import {
  bcaInterval,
  bcaIntervalOf,
  bootstrap,
  meanOf,
  pairedBootstrap,
  percentileInterval,
} from '../../src/assessment/bootstrap.js';
import { mean } from '../../src/assessment/checks.js';
import { normalCdf, normalQuantile, studentTQuantile } from '../../src/assessment/distributions.js';
import { mcnemar, pairedTInterval, wilsonInterval } from '../../src/assessment/intervals.js';
import { verdict, weakest } from '../../src/assessment/verdict.js';
import { fixtures } from './fixtures.js';

const expected = fixtures.intervals;

describe('against SciPy and statsmodels', () => {
  it('quantiles of Student and of the normal distribution', () => {
    for (const { p, degrees, t } of expected.t) expect(studentTQuantile(p, degrees) / t).toBeCloseTo(1, 11);
    expect(studentTQuantile(0.025, 4)).toBeCloseTo(-studentTQuantile(0.975, 4), 12);
    for (const { p, z } of expected.normal) {
      expect(normalQuantile(p)).toBeCloseTo(z, 10);
      expect(normalCdf(z)).toBeCloseTo(p, 12);
    }
  });

  it("Wilson's interval", () => {
    for (const { successes, trials, low, high } of expected.wilson) {
      const found = wilsonInterval(successes, trials);
      expect(found.low).toBeCloseTo(low, 10);
      expect(found.high).toBeCloseTo(high, 10);
    }
    expect(() => wilsonInterval(0, 0)).toThrow('no share');
  });

  it('the paired t interval', () => {
    const { low, high } = pairedTInterval(expected.differences);
    expect(low).toBeCloseTo(expected.paired[0], 10);
    expect(high).toBeCloseTo(expected.paired[1], 10);
    expect(() => pairedTInterval([1])).toThrow('too few seeds for an interval: 1');
  });

  it("McNemar's exact test", () => {
    for (const { first, second, p } of expected.mcnemar) {
      const wins = [...Array<number>(first).fill(1), ...Array<number>(second).fill(0), 1, 0];
      const losses = [...Array<number>(first).fill(0), ...Array<number>(second).fill(1), 1, 0];
      expect(mcnemar(wins, losses)).toEqual({
        firstOnly: first,
        secondOnly: second,
        p: expect.closeTo(p, 10),
      });
    }
  });

  it('the BCa interval of given resamples', () => {
    const sample = expected.sample;
    const leftOut = Float64Array.from(sample, (_, out) => mean(sample.filter((__, i) => i !== out)));
    const found = bcaIntervalOf(Float64Array.from(expected.resampled), mean(sample), leftOut);
    expect(found.low).toBeCloseTo(expected.bca[0], 10);
    expect(found.high).toBeCloseTo(expected.bca[1], 10);
  });
});

describe('bootstrap', () => {
  const key = random.key('bootstrap');
  const values = Array.from({ length: 200 }, (_, i) => (i * 7919) % 101);
  const statistic = meanOf(values);

  it('gives the same for the same key, and else not', () => {
    const options = { key, resamples: 50 };
    expect(bootstrap(statistic, 200, options)).toEqual(bootstrap(statistic, 200, options));
    const other = { key: random.key('other'), resamples: 50 };
    expect(bootstrap(statistic, 200, options)).not.toEqual(bootstrap(statistic, 200, other));
  });

  it('comes near to the interval of theory for a mean', () => {
    const { estimate } = pairedTInterval(values);
    const spread = pairedTInterval(values).high - estimate;
    for (const interval of [percentileInterval, bcaInterval]) {
      const { low, high } = interval(statistic, 200, { key, resamples: 4000 });
      expect(Math.abs(low - (estimate - spread))).toBeLessThan(0.1 * spread);
      expect(Math.abs(high - (estimate + spread))).toBeLessThan(0.1 * spread);
    }
  });

  it('covers the truth about as often as it says', () => {
    const truth = 0.3;
    const trials = 200;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const sample = new Float32Array(100);
      random.fillUniform(sample, random.foldIn(key, trial));
      const successes = sample.map((u) => (u < truth ? 1 : 0));
      const options = { key: random.foldIn(key, `resample ${trial}`), resamples: 300 };
      const { low, high } = percentileInterval(meanOf(successes), 100, options);
      if (low <= truth && truth <= high) covered += 1;
    }
    expect(covered / trials).toBeGreaterThan(0.89);
    expect(covered / trials).toBeLessThan(0.99);
  });

  it('sees a small paired lead that the arms alone would hide', () => {
    const better = values.map((value, i) => value + (i % 3 === 0 ? 1 : 0.5));
    const found = pairedBootstrap(meanOf(better), statistic, 200, { key, resamples: 500 });
    expect(found.low).toBeGreaterThan(0);
    expect(found.shareNotGreater).toBe(0);
    const same = pairedBootstrap(statistic, statistic, 200, { key, resamples: 50 });
    expect(same).toEqual({ estimate: 0, low: 0, high: 0, shareNotGreater: 1 });
  });

  it('does without corrections where all values are equal', () => {
    const constant = meanOf(new Float64Array(10).fill(3));
    expect(bcaInterval(constant, 10, { key, resamples: 20 })).toEqual({ estimate: 3, low: 3, high: 3 });
  });
});

describe('verdict', () => {
  const lead = { better: 'higher', least: 0.5 } as const;

  it.each([
    ['holds', [0.9, 1.1, 1, 1.2, 0.8]],
    ['does not hold', [0.1, -0.1, 0.05, 0, 0.02]],
    ['does not hold', [-0.9, -1.1, -1, -1.2, -0.8]],
    ['does not hold', [0.1, 0.2, 0.15, 0.12, 0.18]],
    ['inconclusive', [3, -2, 1, 2, -1]],
  ] as const)('%s for %j', (expectedVerdict, differences) => {
    expect(verdict(lead, differences).verdict).toBe(expectedVerdict);
  });

  it('turns round where lower is better', () => {
    const found = verdict({ better: 'lower', least: 0.5 }, [-0.9, -1.1, -1, -1.2, -0.8]);
    expect(found.verdict).toBe('holds');
    expect(found.lead.estimate).toBeCloseTo(1, 12);
  });

  it.each([
    ['holds', [-0.1, 0.1, 0.05, 0, -0.02]],
    ['does not hold', [-0.9, -1.1, -1, -1.2, -0.8]],
    ['inconclusive', [3, -2, 1, 2, -1]],
  ] as const)('%s for %j where it is enough to be no worse than by 0.5', (expectedVerdict, differences) => {
    expect(verdict({ better: 'higher', least: -0.5 }, differences).verdict).toBe(expectedVerdict);
  });

  it('is that of the weakest part', () => {
    expect(weakest(['holds', 'inconclusive', 'does not hold'])).toBe('does not hold');
    expect(weakest(['holds', 'inconclusive'])).toBe('inconclusive');
    expect(weakest(['holds', 'holds'])).toBe('holds');
  });
});
