import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { mean } from '../../src/assessment/checks.js';
import { pearson } from '../../src/assessment/correlation.js';
import {
  categoryReliability,
  foretelling,
  modelAgreement,
  type Ratings,
  ratingKappa,
} from '../../src/assessment/reliability.js';

const options = { key: random.key(1), resamples: 200 };

describe('agreement of ratings', () => {
  test('only what both rated counts', () => {
    const first: Ratings = [true, false, undefined, true, false];
    const second: Ratings = [true, false, true, undefined, true];
    // Of three items two alike, by chance 4/9: 1/3 x 2/3 + 2/3 x 1/3.
    expect(ratingKappa(first, second)).toBeCloseTo((2 / 3 - 4 / 9) / (1 - 4 / 9), 12);
    expect(ratingKappa([undefined], [true])).toBe(0);
  });

  test('raters without variation', () => {
    expect(ratingKappa([true, true], [true, true])).toBe(1);
    expect(ratingKappa([true, true], [true, false])).toBe(0);
  });

  test('a model that is one of the people agrees with the other as they do', () => {
    const one: Ratings = Array.from({ length: 40 }, (_, i) => i % 3 === 0);
    const other: Ratings = Array.from({ length: 40 }, (_, i) => i % 3 === 0 || i % 10 === 1);
    const found = categoryReliability([one, other], one, options);
    expect(found.model.estimate).toBeCloseTo((1 + found.people.estimate) / 2, 12);
    expect(found.people.low).toBeLessThan(found.people.estimate);
    expect(found.people.high).toBeGreaterThan(found.people.estimate);
    expect(found.positives).toEqual([14, 17, 14]);
    expect(found.items).toBe(40);
    expect(found.all).toBeGreaterThan(found.people.estimate);
  });

  test('answers that are missing are not answers of no', () => {
    const people: Ratings[] = [
      [true, false, true, false],
      [true, false, true, false],
    ];
    const silent: Ratings = [true, false, undefined, undefined];
    expect(modelAgreement(people, silent)([0, 1, 2, 3])).toBe(1);
  });
});

describe('what people foretell', () => {
  test('a line and what it misses', () => {
    const { correlation, slope, intercept, residuals } = foretelling([0.5, 0.7, 0.9], [0.4, 0.5, 0.6]);
    expect([correlation, slope, intercept]).toEqual([
      expect.closeTo(1, 10),
      expect.closeTo(0.5, 10),
      expect.closeTo(0.15, 10),
    ]);
    for (const residual of residuals) expect(residual).toBeCloseTo(0, 10);
    expect(foretelling([0.5, 0.7], [0.3, 0.3]).correlation).toBe(0);
  });

  test("people's own noise caps a perfect model: HM follows the root of HH", () => {
    // Two coders see a rule through noise, the model sees it as it is: the correlation is mechanical.
    const noises = [0, 0.02, 0.05, 0.1, 0.2];
    const size = 20_000;
    const drawn = (name: string) => {
      const uniform = new Float32Array(size);
      random.fillUniform(uniform, random.key(name));
      return uniform;
    };
    const both = noises.map((noise) => {
      const truth = Array.from(drawn(`truth ${noise}`), (u) => u < 0.3);
      const coder = (name: string): Ratings => {
        const flips = drawn(`${name} ${noise}`);
        return truth.map((yes, i) => yes !== flips[i]! < noise);
      };
      const people = [coder('first'), coder('second')];
      return {
        people: ratingKappa(people[0]!, people[1]!),
        model: modelAgreement(people, truth)(Array.from(truth, (_, i) => i)),
      };
    });
    for (const { people, model } of both) expect(model).toBeCloseTo(Math.sqrt(people), 1);
    const r = pearson(
      both.map(({ people }) => people),
      both.map(({ model }) => model),
    );
    expect(r).toBeGreaterThan(0.9);
    expect(mean(both.map(({ people, model }) => model / Math.sqrt(people)))).toBeCloseTo(1, 1);
  });
});
