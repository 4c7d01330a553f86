import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import {
  checkSampling,
  draw,
  likeliest,
  penalized,
  type Sampling,
} from '../../../src/language/generate/sample.js';

const key = random.key(5);
const probabilities = Float32Array.of(0.1, 0.4, 0.05, 0.25, 0.2);

/** Shares of the tokens among draws at evenly spaced places of the distribution. */
function shares(from: Float32Array, sampling: Omit<Sampling, 'key'>, draws = 2000): number[] {
  const counts = new Array<number>(from.length).fill(0);
  for (let i = 0; i < draws; i += 1) counts[draw(from, { key, ...sampling }, (i + 0.5) / draws)]! += 1;
  return counts.map((count) => count / draws);
}

describe('draw', () => {
  const cases: [string, Omit<Sampling, 'key'>, number[]][] = [
    ['no filter', {}, [0.1, 0.4, 0.05, 0.25, 0.2]],
    ['top-k', { topK: 2 }, [0, 0.4 / 0.65, 0, 0.25 / 0.65, 0]],
    ['top-k of one', { topK: 1 }, [0, 1, 0, 0, 0]],
    ['top-k of all', { topK: 9 }, [0.1, 0.4, 0.05, 0.25, 0.2]],
    ['top-p', { topP: 0.7 }, [0, 0.4 / 0.85, 0, 0.25 / 0.85, 0.2 / 0.85]],
    ['top-p below the likeliest', { topP: 0.01 }, [0, 1, 0, 0, 0]],
    ['min-p', { minP: 0.45 }, [0, 0.4 / 0.85, 0, 0.25 / 0.85, 0.2 / 0.85]],
    ['top-k, then top-p among those', { topK: 3, topP: 0.45 }, [0, 1, 0, 0, 0]],
  ];
  test.each(cases)('%s', (_, sampling, expected) => {
    shares(probabilities, sampling).forEach((share, i) => {
      expect(share).toBeCloseTo(expected[i]!, 2);
    });
  });

  test('filters agree with sorting, on many tokens', () => {
    const weights = new Float32Array(500);
    random.fillGumbel(weights, key);
    const total = weights.reduce((sum, x, i) => {
      weights[i] = Math.exp(x / 2);
      return sum + weights[i]!;
    }, 0);
    const p = weights.map((x) => x / total);
    const sorted = p.slice().sort().reverse();
    const kept = (sampling: Omit<Sampling, 'key'>) => {
      const hit = new Set<number>();
      for (let i = 0; i < 2000; i += 1) hit.add(draw(p, { key, ...sampling }, (i + 0.5) / 2000));
      return Math.min(...[...hit].map((token) => p[token]!));
    };
    expect(kept({ topK: 50 })).toBe(sorted[49]);
    let sum = 0;
    const nucleus = sorted.findIndex((x) => {
      sum += x;
      return sum >= 0.3;
    });
    expect(kept({ topP: 0.3 })).toBe(sorted[nucleus]);
  });

  test('probabilities that are no numbers do no harm', () => {
    expect(draw(Float32Array.of(Number.NaN, Number.NaN), { key }, 0.5)).toBe(0);
  });
});

test('the first of equally likely tokens is taken', () => {
  expect(likeliest(Float32Array.of(1, 3, 3))).toBe(1);
});

test('the penalty lowers positive and negative logits', () => {
  expect([penalized(2, 2), penalized(-2, 2)]).toEqual([1, -4]);
});

test.each([
  [{ temperature: 0 }, 'invalid temperature: 0'],
  [{ topK: 0 }, 'invalid top-k: 0'],
  [{ topP: 1.5 }, 'invalid top-p: 1.5'],
  [{ minP: -1 }, 'invalid min-p: -1'],
])('%o is refused', (sampling, message) => {
  expect(() => checkSampling({ key, ...sampling })).toThrow(message);
});
