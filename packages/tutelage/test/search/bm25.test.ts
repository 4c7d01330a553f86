import { describe, expect, test } from 'vitest';
import { analyzer, bm25, englishAnalyzer } from '../../src/search/index.js';

describe('analyzer', () => {
  test('splits into words and folds case and compatible characters', () => {
    expect(analyzer()('Ｗind-tunnel, l’Été 2nd')).toEqual(['wind', 'tunnel', 'l', 'été', '2nd']);
  });

  test('the English one leaves out stop words and stems', () => {
    expect(englishAnalyzer("The pilot's relational models are running")).toEqual([
      'pilot',
      'relat',
      'model',
      'run',
    ]);
  });
});

describe('bm25', () => {
  const documents = ['red fish', 'blue fish fish blue fish', '', 'green tree of trees', 'fish tree'];
  const plain = analyzer();

  /** The formula, term by term. */
  const scoreOf = (query: string[], row: number, k1: number, b: number) => {
    const texts = documents.map((text) => plain(text));
    const mean = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
    return query.reduce((sum, term) => {
      const n = texts.filter((text) => text.includes(term)).length;
      const tf = texts[row]!.filter((own) => own === term).length;
      const idf = Math.log(1 + (texts.length - n + 0.5) / (n + 0.5));
      return sum + (idf * tf) / (tf + k1 * (1 - b + (b * texts[row]!.length) / mean));
    }, 0);
  };

  test.each([
    [1.2, 0.75],
    [0.9, 0.4],
    [2, 0],
  ])('has the formula for k1 = %f, b = %f, repeated terms included', (k1, b) => {
    const found = bm25(documents, { k1, b, analyzer: plain }).scores('fish tree fish');
    documents.forEach((_, row) => {
      expect(found[row]).toBeCloseTo(scoreOf(['fish', 'tree', 'fish'], row, k1, b), 12);
    });
  });

  test('finds documents that share a term, best first, and no others', () => {
    const { rows, scores } = bm25(documents).search('blue trees', 10);
    expect([...rows]).toEqual([1, 3, 4]);
    expect([...scores]).toEqual([...scores].sort((x, y) => y - x));
    expect(bm25(documents).search('blue trees', 1).rows).toEqual(Int32Array.of(1));
    expect(bm25(documents).search('the of', 10).rows).toHaveLength(0);
  });

  test('an empty collection has no hits', () => {
    expect(bm25([]).search('fish', 3).rows).toHaveLength(0);
  });

  test('refuses parameters out of range', () => {
    expect(() => bm25(documents, { k1: -1 })).toThrow('k1 must be 0 or more: -1');
    expect(() => bm25(documents, { b: 1.5 })).toThrow('b must be in [0, 1]: 1.5');
  });
});
