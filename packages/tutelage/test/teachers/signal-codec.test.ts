import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { probabilities } from '../../src/assessment/probabilities.js';
import { type Logits, UserError } from '../../src/core/index.js';
import { decodeLogits, denseLogits, encodeLogits } from '../../src/teachers/logits-codec.js';
import { signalCodecs } from '../../src/teachers/signal-codec.js';

const normals = (seed: number, count: number, deviation: number): Float32Array => {
  const values = new Float32Array(count);
  random.fillNormal(values, random.key(seed));
  return values.map((x) => x * deviation);
};

const through = (logits: Logits, topK = 32): Logits => decodeLogits(encodeLogits(logits, topK));

/** Kullback-Leibler divergence in nats, in float64. */
function divergence(p: readonly number[], q: readonly number[]): number {
  return p.reduce((sum, x, i) => (x === 0 ? sum : sum + x * Math.log(x / q[i]!)), 0);
}

function exactProbabilities(logits: Float32Array): number[] {
  const largest = logits.reduce((most, x) => Math.max(most, x));
  const weights = Array.from(logits, (x) => Math.exp(x - largest));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((x) => x / total);
}

describe('logits of up to 256 classes', () => {
  test('lose under 1e-6 nats, whatever their spread and offset', () => {
    let worst = 0;
    for (let seed = 0; seed < 300; seed++) {
      const classes = 2 + ((seed * 7) % 255);
      const values = normals(seed, classes, 10 ** ((seed % 5) / 2 - 1)).map((x) => x + (seed % 3) * 40);
      const restored = through({ values }).values;
      expect(restored).toHaveLength(classes);
      worst = Math.max(worst, divergence(exactProbabilities(values), exactProbabilities(restored)));
    }
    expect(worst).toBeLessThan(1e-6);
    expect(worst).toBeGreaterThan(0);
  });

  test('keep their offset and take 2 bytes a class and 5 more', () => {
    const values = Float32Array.from([100, 99, 98.5]);
    expect(through({ values })).toEqual({ values });
    expect(encodeLogits({ values: normals(1, 77, 3) }, 32)).toHaveLength(159);
  });

  test('may be impossible or very low, but not all, and not undefined', () => {
    const values = Float32Array.from([0, Number.NEGATIVE_INFINITY, -1e30]);
    expect(through({ values }).values).toEqual(Float32Array.from([0, Number.NEGATIVE_INFINITY, -65504]));
    for (const bad of [[Number.NaN, 1], [Number.POSITIVE_INFINITY, 1], [Number.NEGATIVE_INFINITY], []]) {
      expect(() => through({ values: Float32Array.from(bad) })).toThrow(UserError);
    }
  });
});

describe('logits of large vocabularies', () => {
  test.each([257, 50_000, 70_000])('of %i keep the largest, and the mass of the rest', (classes) => {
    for (const [seed, deviation] of [0.1, 2, 5, 20].entries()) {
      const values = normals(seed, classes, deviation);
      const { values: kept, at } = through({ values });
      const exact = exactProbabilities(values);
      const wanted = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, 32);
      expect([...at!]).toEqual(wanted.sort((a, b) => a - b));
      const grouped = (p: readonly number[]) => [...p, 1 - p.reduce((a, b) => a + b)];
      const original = grouped([...at!].map((c) => exact[c]!));
      const restored = grouped(Array.from(kept, Math.exp));
      expect(restored.at(-1)!).toBeCloseTo(original.at(-1)!, 6);
      expect(divergence(original.slice(0, -1), restored)).toBeLessThan(
        1e-6 + Math.abs(restored.at(-1)! - original.at(-1)!),
      );
    }
    expect(encodeLogits({ values: normals(1, classes, 3) }, 32)).toHaveLength(
      5 + 32 * (classes > 65_536 ? 6 : 4),
    );
  });

  test('given in part are log-probabilities', () => {
    const logits = {
      values: Float32Array.from([0.5, 0.2, 0.1], Math.log),
      at: Int32Array.of(3, 900, 70_000),
    };
    const restored = through(logits);
    expect(restored.at).toEqual(logits.at);
    expect(Array.from(restored.values, Math.exp)).toEqual([0.5, 0.2, 0.1].map((p) => expect.closeTo(p, 3)));
    expect(restored.values.reduce((sum, x) => sum + Math.exp(x), 0)).toBeCloseTo(0.8, 6);
    expect(Array.from(through(logits, 2).at!)).toEqual([3, 900]);
    expect(through(logits, 2).values.reduce((sum, x) => sum + Math.exp(x), 0)).toBeCloseTo(0.7, 6);
    const scores = { values: Float32Array.of(3, 2), at: Int32Array.of(1, 2) };
    expect(() => encodeLogits(scores, 32)).toThrow('their probabilities add up to 27.4');
  });

  test('become dense with the rest spread evenly', () => {
    const values = Float32Array.from([0.5, 0.2], Math.log);
    const dense = denseLogits({ values, at: Int32Array.of(1, 4) }, 5);
    expect(Array.from(probabilities(dense))).toEqual(
      [0.1, 0.5, 0.1, 0.1, 0.2].map((p) => expect.closeTo(p, 6)),
    );
    expect(denseLogits({ values }, 2)).toBe(values);
  });
});

describe('other signals', () => {
  const codecs = signalCodecs<string, string>(32);

  test.each([1e-20, 1, 300, 1e30])('features of size %d have a relative error of at most 2^-11', (size) => {
    const features = normals(3, 384, size);
    const encoded = codecs.features.encode(features);
    expect(encoded).toHaveLength(2 + 2 * 384);
    const largest = Math.max(...features.map(Math.abs));
    codecs.features.decode(encoded).forEach((x, i) => {
      const exact = features[i]!;
      expect(Math.abs(x - exact)).toBeLessThanOrEqual(
        2 ** -11 * Math.max(Math.abs(exact), largest * 2 ** -14),
      );
    });
  });

  test('features that are all zero, or undefined', () => {
    expect(codecs.features.decode(codecs.features.encode(new Float32Array(3)))).toEqual(new Float32Array(3));
    expect(() => codecs.features.encode(Float32Array.of(1, Number.NaN))).toThrow('the largest is NaN');
  });

  test('come back as they were', () => {
    const text = { role: 'hint', text: 'Schau – 見て' } as const;
    expect(codecs.text.decode(codecs.text.encode(text))).toEqual(text);
    expect(codecs.label.decode(codecs.label.encode('a'))).toBe('a');
    expect(codecs.score.decode(codecs.score.encode(-0.1))).toBe(-0.1);
    const ranking = { ids: ['b', 'a'], scores: Float32Array.of(0.7, 0.1) };
    expect(codecs.ranking.decode(codecs.ranking.encode(ranking))).toEqual(ranking);
    expect(codecs.ranking.decode(codecs.ranking.encode({ ids: ['b'] }))).toEqual({ ids: ['b'] });
    const examples = [{ id: '1', input: 'x', target: 'y' }];
    expect(codecs.examples.decode(codecs.examples.encode(examples))).toEqual(examples);
  });

  test('that JSON would change are refused', () => {
    const codec = signalCodecs<string, Float32Array>(32).label;
    expect(() => codec.encode(Float32Array.of(1))).toThrow("JSON can't hold this");
  });
});
