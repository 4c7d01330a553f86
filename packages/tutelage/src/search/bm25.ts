import { type Analyzer, termCounts } from './analyzer.js';
import { englishAnalyzer } from './english-analyzer.js';
import { bestOf, type Hits } from './hits.js';

export interface Bm25Options {
  /** How soon further occurrences of a term stop counting, 0 or more. Default 1.2, as in Lucene; Anserini has 0.9. */
  readonly k1?: number;
  /** How much long documents are discounted, in [0, 1]. Default 0.75, as in Lucene; Anserini has 0.4. */
  readonly b?: number;
  /** Default {@link englishAnalyzer}. */
  readonly analyzer?: Analyzer;
}

/** A collection that can be searched by words. */
export interface Bm25 {
  /** The best `k` documents for a query; those that share no term with it are not found. */
  search(query: string, k: number): Hits;
  /** A score for each document, 0 where it shares no term with the query. */
  scores(query: string): Float64Array;
}

interface Postings {
  readonly rows: number[];
  readonly counts: number[];
}

/**
 * BM25 (Robertson et al. 1994) in the form that Lucene has had since version 8: a term t of the query that is found tf times in a
 * document of length l adds idf tf / (tf + k1 (1 - b + b l / mean l)), with idf = ln(1 + (N - n + 0.5) / (n + 0.5)) for n of N
 * documents that have the term. A term that the query repeats counts as often. Lengths are exact here, where Lucene rounds them to
 * a byte.
 *
 * @param documents their texts; a hit's row is a place in this list
 * @throws {RangeError} when k1 or b is outside of its range
 */
export function bm25(documents: readonly string[], options: Bm25Options = {}): Bm25 {
  const { k1 = 1.2, b = 0.75, analyzer = englishAnalyzer } = options;
  if (!(k1 >= 0 && Number.isFinite(k1))) throw new RangeError(`k1 must be 0 or more: ${k1}`);
  if (!(b >= 0 && b <= 1)) throw new RangeError(`b must be in [0, 1]: ${b}`);
  const index = new Map<string, Postings>();
  const lengths = documents.map((text, row) => {
    const terms = analyzer(text);
    for (const [term, count] of termCounts(terms)) {
      const postings = index.get(term) ?? { rows: [], counts: [] };
      postings.rows.push(row);
      postings.counts.push(count);
      index.set(term, postings);
    }
    return terms.length;
  });
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const saturation = lengths.map((length) => k1 * (1 - b + (meanLength > 0 ? (b * length) / meanLength : 0)));

  const scores = (query: string): Float64Array => {
    const found = new Float64Array(documents.length);
    for (const [term, repeats] of termCounts(analyzer(query))) {
      const { rows, counts } = index.get(term) ?? { rows: [], counts: [] };
      const idf = Math.log(1 + (documents.length - rows.length + 0.5) / (rows.length + 0.5));
      rows.forEach((row, i) => {
        found[row]! += (repeats * idf * counts[i]!) / (counts[i]! + saturation[row]!);
      });
    }
    return found;
  };
  return { scores, search: (query, k) => bestOf(scores(query), k, 0) };
}
