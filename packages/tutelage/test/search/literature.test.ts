import { describe, expect, test } from 'vitest';
import { completeLink, inTurn } from '../../src/search/complete-link.js';
import { copiedShare, keyPhrases, phrasesIn } from '../../src/search/key-phrases.js';
import {
  indexLiterature,
  type LiteratureIndex,
  oneOfEachGroup,
  type ReachOptions,
  rankedBy,
  reach,
} from '../../src/search/literature.js';

/** Unit vectors at angles in degrees. */
const at = (...degrees: number[]) => ({
  data: Float32Array.from(
    degrees.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]),
  ),
  width: 2,
});
const none = new Set<number>();

/** Papers 0 to 5 at 0, 10, ... 50 degrees. 5 cites 0 and 4, 3 cites 0 and 4, 2 cites 0 and 1. */
const index: LiteratureIndex = indexLiterature({
  vectors: at(0, 10, 20, 30, 40, 50),
  entities: [['common'], ['common', 'rare'], ['common'], ['rare'], ['common'], ['own']],
  citedBy: [new Set([5, 3, 2]), new Set([2]), none, none, new Set([5, 3]), none],
});
const background = { vector: Float32Array.of(1, 0), entities: ['own'] };
const alone: ReachOptions = { nearest: 2, seeds: 2, byEntities: 0, together: 0, cocited: 0 };
const rows = (candidates: readonly { readonly row: number }[]) => candidates.map(({ row }) => row);

describe('papers are reached', () => {
  test('by text', () => {
    const found = reach(index, background, alone);
    expect(rows(found)).toEqual([0, 1]);
    expect(found[1]).toMatchObject({ isNearest: true, shared: [], beside: [] });
    expect(found[1]!.cosine).toBeCloseTo(Math.cos(Math.PI / 18), 5);
  });

  test('not where nothing is in common', () => {
    expect(reach(index, { vector: new Float32Array(2), entities: [] }, alone)).toEqual([]);
  });

  test('by entities, the rarest first, until there are enough papers', () => {
    // "own" stands in 1 paper, "rare" in 2: together 3. "common" would be next.
    expect(rows(reach(index, background, { ...alone, byEntities: 3 })).sort()).toEqual([0, 1, 3, 5]);
    const some = reach(index, background, { ...alone, byEntities: 1 });
    expect(rows(some)).toEqual([0, 1, 5]);
    expect(some[2]).toMatchObject({ isNearest: false, shared: ['own'] });
    expect(rows(reach(index, background, { ...alone, byEntities: 100 })).sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('by entities that stand beside these often enough', () => {
    const asked = { ...background, entities: ['rare'] };
    const options = { ...alone, nearest: 0, seeds: 0, byEntities: 100 };
    expect(rows(reach(index, asked, options))).toEqual([1, 3]);
    expect(rows(reach(index, asked, { ...options, together: 1 }))).toEqual([1, 3]);
    const often = indexLiterature({ ...index, entities: index.entities.map((own) => [...own, 'rare']) });
    expect(rows(reach(often, { ...asked, entities: ['own'] }, { ...options, together: 3 })).length).toBe(1);
    expect(rows(reach(often, asked, { ...options, together: 3 })).length).toBe(6);
  });

  test('by being cited beside one that was found', () => {
    const found = reach(index, background, { ...alone, nearest: 1, cocited: 1 });
    expect(rows(found)).toEqual([0, 4]);
    expect(found[1]).toMatchObject({ isNearest: false, beside: [0] });
  });

  test('but not the hidden one, nor by what it cites', () => {
    const hidden = { ...background, hidden: 5 };
    expect(rows(reach(index, hidden, { ...alone, byEntities: 1 }))).toEqual([0, 1]);
    // Without what paper 5 cites, papers 1 and 4 are cited beside 0 once each, and the first counts.
    expect(rows(reach(index, hidden, { ...alone, nearest: 1, cocited: 1 }))).toEqual([0, 1]);
    expect(rows(reach(index, { ...background, hidden: 0 }, alone))).toEqual([1, 2]);
  });
});

test('evidence moves papers up', () => {
  const found = reach(index, background, { ...alone, byEntities: 1, cocited: 1 });
  expect(rows(rankedBy(index, background, found, 'plain'))).toEqual([0, 1, 4, 5]);
  const inherited = rankedBy(index, background, found, 'inherited');
  // Papers 1 and 4 came from 0, and 0 from 1.
  expect(inherited.find(({ row }) => row === 4)!.score).toBeCloseTo(1, 5);
  const fused = rankedBy(index, background, found, 'fused');
  const [paper] = fused.filter(({ row }) => row === 5);
  expect(paper!.score - paper!.cosine).toBeCloseTo(0.2 / Math.log(3), 5);
});

test('groups are merged where all pairs are alike, the most similar first', () => {
  const vectors = at(0, 10, 21, 90, 95);
  const alike = (degrees: number) => Math.cos((degrees * Math.PI) / 180);
  expect(completeLink(vectors, [0, 1, 2, 3, 4], alike(12))).toEqual([[0, 1], [2], [3, 4]]);
  expect(completeLink(vectors, [4, 2, 0, 1, 3], alike(25))).toEqual([
    [4, 3],
    [2, 0, 1],
  ]);
  expect(completeLink(vectors, [], 0)).toEqual([]);
});

test('like papers take turns', () => {
  expect(inTurn([[1, 2, 3], [4], [5, 6]], 5)).toEqual([1, 4, 5, 2, 6]);
  const ordered = [0, 1, 2, 5].map((row) => ({ row }));
  const alike = Math.cos((15 * Math.PI) / 180);
  expect(rows(oneOfEachGroup(index, ordered, alike, 3))).toEqual([0, 2, 5]);
  expect(rows(oneOfEachGroup(index, ordered, 1, 3))).toEqual([0, 1, 2]);
});

test('key phrases stand in several texts, and not in most', () => {
  const texts = [
    'We propose the graph neural network for molecules',
    'A graph neural network of roads',
    'We propose speech models of vowels',
    ...Array.from({ length: 12 }, (_, i) => `We propose item${i} alone`),
  ];
  const phrases = keyPhrases(texts);
  expect(phrases[0]).toEqual(['graph neural network', 'neural network', 'graph neural']);
  expect(phrases[2]).toEqual([]);
  expect(phrasesIn('Graph neural networks; a Graph Neural Network.', phrases[0]!)).toContain(
    'graph neural network',
  );
  expect(phrasesIn('paragraph neural', ['graph neural'])).toEqual([]);
});

test('what is copied is told by sequences of words', () => {
  expect(copiedShare('One two three, four five six.', 'zero one two three four five seven')).toBe(0.5);
  expect(copiedShare('one two three four', 'one two three four')).toBe(0);
});
