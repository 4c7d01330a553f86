import { expect, test } from 'vitest';
import { embedder, learnMeaning, nearestCodes, signCode } from '../../src/papers/index.js';
import { seedPapers, seedTitle } from './seed.js';

const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const texts = [
  'pupils learn to read with a tutor in school',
  'a tutor helps pupils in school with homework',
  'homework of pupils is read by the tutor',
  'galaxies and stars emit light in space',
  'light of distant stars reaches us through space',
  'galaxies hold stars, and space holds galaxies',
];

test('texts of like company are near, also without a word in common', () => {
  const embed = embedder(learnMeaning(texts));
  const query = embed('homework');
  const near = texts.map((text) => cosine(query, embed(text)));
  // The first text does not hold the word, but its company.
  expect(near[0]).toBeGreaterThan(Math.max(near[3]!, near[4]!, near[5]!));
  expect(Math.hypot(...query)).toBeCloseTo(1, 5);
});

test('the same texts give the same meaning; unknown words give none', () => {
  expect(learnMeaning(texts)).toEqual(learnMeaning([...texts]));
  const embed = embedder(learnMeaning(texts));
  expect(embed('zebra').every((value) => value === 0)).toBe(true);
  expect(embedder(learnMeaning([]))('anything').every((value) => value === 0)).toBe(true);
});

test('codes find what vectors find', () => {
  const embed = embedder(learnMeaning(texts));
  const vectors = texts.map(embed);
  const codes = new Uint32Array(vectors.flatMap((vector) => [...signCode(vector)]));
  expect(nearestCodes(codes, signCode(vectors[4]!), 3).sort()).toEqual([3, 4, 5]);
  expect(nearestCodes(codes, signCode(vectors[0]!), 1)).toEqual([0]);
  expect(nearestCodes(codes, signCode(vectors[0]!), 100)).toHaveLength(6);
  expect(nearestCodes(new Uint32Array(0), signCode(vectors[0]!), 5)).toEqual([]);
});

test.skipIf(!seedPapers)(`papers known to be alike are each other's nearest${seedTitle}`, () => {
  const papers = seedPapers!.map(({ title, abstract }) => `${title}\n${abstract}`);
  const embed = embedder(learnMeaning(papers));
  const vectors = papers.map(embed);
  const isNear = (a: number, b: number) => {
    const likeness = cosine(vectors[a - 1]!, vectors[b - 1]!);
    return vectors.filter((v, i) => i !== a - 1 && cosine(vectors[a - 1]!, v) > likeness).length < 2;
  };
  const pairs = [
    [2, 23],
    [31, 15],
    [27, 36],
    [18, 43],
    [32, 23],
    [46, 35],
    [33, 28],
  ] as const;
  expect(pairs.filter(([a, b]) => isNear(a, b) || isNear(b, a)).length).toBeGreaterThanOrEqual(5);
});
