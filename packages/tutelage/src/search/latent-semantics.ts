import { random } from '@tutelage/engine';
import { type Analyzer, termCounts } from './analyzer.js';
import { englishAnalyzer } from './english-analyzer.js';
import type { Vectors } from './vectors.js';

export interface LatentSemantics {
  /** Of the documents: unit length, or zeros where a document has no known term. */
  readonly vectors: Vectors;
  /** Of another text, likewise. */
  embed(text: string): Float32Array;
}

/** A document by its terms: places in the vocabulary, and weights. */
interface Weighted {
  readonly terms: Int32Array;
  readonly weights: Float64Array;
}

const iterations = 8;

/**
 * Latent semantic analysis (Deerwester et al. 1990): texts as the weights (1 + ln count) ln(N / documents) of their terms, brought to unit
 * length and projected on the space of the greatest singular values. That space is found by subspace iteration (Halko, Martinsson & Tropp
 * 2011, algorithm 4.4). Which basis of it stands for it does not matter to cosines, so that none is sought. Terms of one document alone
 * tie it to no other and are left out.
 *
 * @param width of the vectors, fewer where there are fewer documents or terms
 * @throws {RangeError} when no two documents share a term
 */
export function latentSemantics(
  documents: readonly string[],
  { width, key, analyzer = englishAnalyzer }: { width: number; key: random.Key; analyzer?: Analyzer },
): LatentSemantics {
  const counted = documents.map((text) => termCounts(analyzer(text)));
  const frequencies = new Map<string, number>();
  for (const counts of counted) {
    for (const term of counts.keys()) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  }
  const known = [...frequencies].filter(([, frequency]) => frequency > 1);
  if (known.length === 0) throw new RangeError('no two documents share a term');
  const places = new Map(known.map(([term], place) => [term, place]));
  const rarity = Float64Array.from(known, ([, frequency]) => Math.log(documents.length / frequency));
  const weighted = (counts: ReadonlyMap<string, number>): Weighted => {
    const found = [...counts].flatMap(([term, count]): [number, number][] => {
      const place = places.get(term);
      return place === undefined ? [] : [[place, (1 + Math.log(count)) * rarity[place]!]];
    });
    const length = Math.hypot(...found.map(([, weight]) => weight)) || 1;
    return {
      terms: Int32Array.from(found, ([place]) => place),
      weights: Float64Array.from(found, ([, weight]) => weight / length),
    };
  };
  const rows = counted.map(weighted);
  const basis = leadingSpace(rows, known.length, Math.min(width, rows.length, known.length), key);
  const project = ({ terms, weights }: Weighted): Float32Array => {
    const vector = Float32Array.from(basis, (direction) => {
      let sum = 0;
      for (let i = 0; i < terms.length; i++) sum += weights[i]! * direction[terms[i]!]!;
      return sum;
    });
    const length = Math.hypot(...vector) || 1;
    return vector.map((x) => x / length);
  };
  const data = new Float32Array(rows.length * basis.length);
  rows.forEach((row, at) => {
    data.set(project(row), at * basis.length);
  });
  return {
    vectors: { data, width: basis.length },
    embed: (text) => project(weighted(termCounts(analyzer(text)))),
  };
}

/** Orthonormal directions, each with a number a term, that span the rows' space of the greatest singular values. */
function leadingSpace(
  rows: readonly Weighted[],
  terms: number,
  width: number,
  key: random.Key,
): Float64Array[] {
  const draw = new Float32Array(terms);
  let basis = Array.from({ length: width }, (_, i) => {
    random.fillNormal(draw, random.foldIn(key, i));
    return Float64Array.from(draw);
  });
  orthonormalise(basis);
  for (let pass = 0; pass < iterations; pass++) {
    basis = basis.map((direction) => {
      const next = new Float64Array(terms);
      for (const { terms: own, weights } of rows) {
        let sum = 0;
        for (let i = 0; i < own.length; i++) sum += weights[i]! * direction[own[i]!]!;
        for (let i = 0; i < own.length; i++) next[own[i]!]! += weights[i]! * sum;
      }
      return next;
    });
    orthonormalise(basis);
  }
  return basis;
}

/** In place, by the modified Gram-Schmidt process; a direction that depends on those before it becomes 0. */
function orthonormalise(basis: readonly Float64Array[]): void {
  basis.forEach((own, at) => {
    const before = Math.sqrt(dot(own, own));
    for (const other of basis.slice(0, at)) {
      const share = dot(own, other);
      for (let i = 0; i < own.length; i++) own[i]! -= share * other[i]!;
    }
    const length = Math.sqrt(dot(own, own));
    const factor = length > 1e-9 * before ? 1 / length : 0;
    for (let i = 0; i < own.length; i++) own[i]! *= factor;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
