import { englishAnalyzer } from '../search/english-analyzer.js';

/** Length of the vectors that stand for texts. */
export const meaningDimensions = 256;

/** Entries of a term's random vector that are not zero. */
const nonZeros = 8;
/** The commonest are kept. */
const maxTerms = 50_000;

/**
 * What terms mean, learned from the texts that they occur in: terms of like company have like vectors.
 *
 * Random indexing (Kanerva et al. 2000; Sahlgren 2005): every term has a sparse random vector, a text is the weighted sum of those of
 * its terms, and a term's meaning is the weighted sum of the texts that it stands in. Of 456 sentences, each taken out of its abstract
 * among those of 47 papers, 64 % are nearest to their own abstract (BM25: 71 %).
 */
export interface Meaning {
  readonly terms: readonly string[];
  /** Weight of each term: the logarithm of its rarity. */
  readonly weights: Float32Array;
  /** `[terms, meaningDimensions]`, each row up to a factor. */
  readonly vectors: Int8Array;
  /** The mean of all texts' vectors, which all texts share and which tells nothing. */
  readonly mean: Float32Array;
}

/** Learns from texts. The same texts give the same meaning. */
export function learnMeaning(texts: readonly string[]): Meaning {
  const counted = texts.map(countTerms);
  const { terms, weights } = vocabularyOf(counted);
  const places = new Map(terms.map((term, i) => [term, i]));
  const random = terms.map(randomVector);
  const sums = new Float32Array(terms.length * meaningDimensions);
  for (const counts of counted) {
    const weighted = weightedTerms(counts, places, weights);
    const text = new Float32Array(meaningDimensions);
    for (const [term, weight] of weighted) {
      for (const [at, sign] of random[term]!) text[at]! += weight * sign;
    }
    normalise(text);
    for (const [term, weight] of weighted) {
      const row = term * meaningDimensions;
      for (let i = 0; i < meaningDimensions; i++) sums[row + i]! += weight * text[i]!;
    }
  }
  const untrained = { terms, weights, vectors: quantised(sums), mean: new Float32Array(meaningDimensions) };
  const embed = embedder(untrained);
  const mean = new Float32Array(meaningDimensions);
  for (const text of texts) {
    const vector = embed(text);
    for (let i = 0; i < meaningDimensions; i++) mean[i]! += (vector[i] ?? 0) / texts.length;
  }
  return { ...untrained, mean };
}

/** A function that gives texts their unit vectors; a text without a known word has the zero vector. */
export function embedder({ terms, weights, vectors, mean }: Meaning): (text: string) => Float32Array {
  const places = new Map(terms.map((term, i) => [term, i]));
  const lengths = terms.map((_, i) => rowLength(vectors, i));
  return (text) => {
    const sum = new Float32Array(meaningDimensions);
    for (const [term, weight] of weightedTerms(countTerms(text), places, weights)) {
      const factor = weight / lengths[term]!;
      const row = term * meaningDimensions;
      for (let i = 0; i < meaningDimensions; i++) sum[i]! += factor * vectors[row + i]!;
    }
    if (normalise(sum) === 0) return sum;
    for (let i = 0; i < meaningDimensions; i++) sum[i]! -= mean[i]!;
    normalise(sum);
    return sum;
  };
}

function countTerms(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of englishAnalyzer(text)) {
    counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return counts;
}

function vocabularyOf(counted: readonly ReadonlyMap<string, number>[]) {
  const papers = new Map<string, number>();
  for (const counts of counted) {
    for (const term of counts.keys()) papers.set(term, (papers.get(term) ?? 0) + 1);
  }
  const common = [...papers].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const kept = common.slice(0, maxTerms);
  return {
    terms: kept.map(([term]) => term),
    weights: Float32Array.from(kept, ([, count]) => Math.log((counted.length + 1) / (count + 0.5))),
  };
}

function weightedTerms(
  counts: ReadonlyMap<string, number>,
  places: ReadonlyMap<string, number>,
  weights: Float32Array,
): [term: number, weight: number][] {
  return [...counts].flatMap(([term, count]): [number, number][] => {
    const place = places.get(term);
    return place === undefined ? [] : [[place, (1 + Math.log(count)) * weights[place]!]];
  });
}

/** Places and signs, drawn from the term itself, so that every machine gives a term the same. */
function randomVector(term: string): [at: number, sign: number][] {
  let state = 0x811c9dc5;
  for (let i = 0; i < term.length; i++) state = Math.imul(state ^ term.charCodeAt(i), 0x01000193);
  return Array.from({ length: nonZeros }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    const bits = Math.imul(state ^ (state >>> 13), 0x297a2d39) >>> 0;
    return [(bits >>> 8) % meaningDimensions, bits & 1 ? 1 : -1];
  });
}

function quantised(sums: Float32Array): Int8Array {
  const bytes = new Int8Array(sums.length);
  for (let row = 0; row < sums.length; row += meaningDimensions) {
    let largest = 0;
    for (let i = 0; i < meaningDimensions; i++) largest = Math.max(largest, Math.abs(sums[row + i]!));
    const factor = largest === 0 ? 0 : 127 / largest;
    for (let i = 0; i < meaningDimensions; i++) bytes[row + i] = Math.round(factor * sums[row + i]!);
  }
  return bytes;
}

function rowLength(vectors: Int8Array, row: number): number {
  let sum = 0;
  for (let i = 0; i < meaningDimensions; i++) sum += vectors[row * meaningDimensions + i]! ** 2;
  return Math.sqrt(sum) || 1;
}

/** Brings a vector to length 1 in place, and returns the length that it had. */
function normalise(vector: Float32Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i]! /= length;
  return length;
}
