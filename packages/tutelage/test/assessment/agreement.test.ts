import { describe, expect, it } from 'vitest';
import { agreement, disagreements, jensenShannon, klDivergence } from '../../src/assessment/agreement.js';
import { kendall, pearson, spearman } from '../../src/assessment/correlation.js';
import { cohenKappa, fleissKappa, krippendorffAlpha } from '../../src/assessment/kappa.js';
import { fixtures } from './fixtures.js';

describe('agreement of raters', () => {
  const { counts, fleiss, ratings, alpha } = fixtures.agreement;

  it("Fleiss' kappa is that of statsmodels", () => {
    expect(fleissKappa(counts)).toBeCloseTo(fleiss, 12);
  });

  it("Krippendorff's alpha is that of the krippendorff package, with missing ratings", () => {
    const items = ratings.map((item) => item.map((rating) => rating ?? undefined));
    expect(krippendorffAlpha(items)).toBeCloseTo(alpha, 12);
  });

  it("Krippendorff's alpha is that of his worked example C", () => {
    const missing = undefined;
    const raters = [
      [1, 2, 3, 3, 2, 1, 4, 1, 2, missing, missing, missing],
      [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, missing, 3],
      [missing, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, missing],
      [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, missing],
    ];
    const items = raters[0]!.map((_, item) => raters.map((rater) => rater[item]));
    expect(krippendorffAlpha(items)).toBeCloseTo(0.743, 3);
  });

  it('refuses what has no agreement', () => {
    expect(() => krippendorffAlpha([[1, undefined]])).toThrow('no item has two ratings');
    expect(() =>
      fleissKappa([
        [2, 1],
        [1, 1],
      ]),
    ).toThrow('every item needs as many ratings');
    expect(cohenKappa([0, 0], [0, 0])).toBe(1);
  });
});

describe('correlation against SciPy', () => {
  const { x, y, ...expected } = fixtures.correlation;

  it('with ties in both', () => {
    expect(pearson(x, y)).toBeCloseTo(expected.pearson, 12);
    expect(spearman(x, y)).toBeCloseTo(expected.spearman, 12);
    expect(kendall(x, y)).toBeCloseTo(expected.kendall, 12);
  });

  it('is not defined for a constant', () => {
    expect(kendall([1, 1, 1], [1, 2, 3])).toBeNaN();
    expect(pearson([1, 1, 1], [1, 2, 3])).toBeNaN();
  });
});

describe('a student and its teacher', () => {
  const teacher = [
    [0.9, 0.1],
    [0.2, 0.8],
    [0.6, 0.4],
    [0.7, 0.3],
  ];
  const student = [
    [0.8, 0.2],
    [0.9, 0.1],
    [0.6, 0.4],
    [0.4, 0.6],
  ];

  it('agree where the teacher is right and where it is wrong', () => {
    const found = agreement(student, teacher, [0, 1, 1, 0]);
    expect(found).toMatchObject({
      top1: 0.5,
      teacherRight: 3,
      whereTeacherRight: 1 / 3,
      teacherWrong: 1,
      whereTeacherWrong: 1,
    });
    const kl = teacher.map((p, i) => klDivergence(p, student[i]!)).reduce((a, b) => a + b) / 4;
    expect(found.kl).toBeCloseTo(kl, 12);
    expect(agreement(student, teacher, [0, 1, 0, 0]).whereTeacherWrong).toBeNull();
  });

  it('part most where their probabilities differ most', () => {
    expect(disagreements(student, teacher).map(({ at }) => at)).toEqual([1, 3]);
  });

  it('diverge by a known amount', () => {
    expect(klDivergence([0.5, 0.5], [0.25, 0.75])).toBeCloseTo(0.5 * Math.log(4 / 3), 12);
    expect(klDivergence([1, 0], [0, 1])).toBeCloseTo(12 * Math.LN10, 6);
    expect(jensenShannon([1, 0], [0, 1])).toBeCloseTo(Math.LN2, 12);
  });
});
