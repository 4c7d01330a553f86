import type { Index } from 'usearch';
import { UserError } from '../core/errors.js';
import type { Hits } from './hits.js';
import { countVectors, type VectorSearch, type Vectors } from './vectors.js';

/** A graph of near neighbours that is searched in about log(count) steps, and finds most of what an exact search finds. */
export interface ApproximateSearch extends VectorSearch {
  /** Writes the graph, with its vectors, into a file. */
  save(path: string): void;
}

/** Neighbours of a vector in the graph, and candidates that are looked at when one is added and in a search. */
const graph = { connectivity: 16, expansion_add: 128, expansion_search: 128 };

/**
 * Builds a hierarchical navigable small-world graph (Malkov & Yashunin 2016) for the inner product. Such graphs are made for
 * distances: each vector gets one more coordinate that makes all of one length, so that the nearest has the greatest inner product
 * (Bachrach et al. 2014, section 3). Built by one thread, so that the same vectors give the same graph.
 *
 * @throws {UserError} when vectors are not finite, or the library is not there
 */
export async function buildApproximate(vectors: Vectors): Promise<ApproximateSearch> {
  const { data, width } = vectors;
  const count = countVectors(vectors);
  const index = await emptyIndex(width + 1);
  const lengths = Float64Array.from({ length: count }, (_, row) => {
    const vector = data.subarray(row * width, (row + 1) * width);
    return vector.reduce((sum, x) => sum + x * x, 0);
  });
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const lengthened = new Float32Array(count * (width + 1));
  for (let row = 0; row < count; row++) {
    lengthened.set(data.subarray(row * width, (row + 1) * width), row * (width + 1));
    lengthened[row * (width + 1) + width] = Math.sqrt(longest - lengths[row]!);
  }
  if (count > 0)
    index.add(
      BigUint64Array.from(lengths, (_, row) => BigInt(row)),
      lengthened,
      1,
    );
  return searchIn(index, width);
}

/**
 * Reads a graph that was saved. The file must be one of ours: what it holds is not checked.
 *
 * @param width of the vectors
 * @throws {UserError} when the library is not there
 */
export async function loadApproximate(path: string, width: number): Promise<ApproximateSearch> {
  const index = await emptyIndex(width + 1);
  index.load(path);
  return searchIn(index, width);
}

function searchIn(index: Index, width: number): ApproximateSearch {
  return {
    async search(queries, k) {
      const asked = countVectors({ data: queries, width });
      const query = new Float32Array(width + 1);
      return Array.from({ length: asked }, (_, q): Hits => {
        query.set(queries.subarray(q * width, (q + 1) * width));
        const { keys, distances } = index.search(query, Math.min(k, index.size()), 1);
        // The distance is 1 less the inner product.
        return { rows: Int32Array.from(keys, Number), scores: distances.map((distance) => 1 - distance) };
      });
    },
    save: (path) => index.save(path),
    dispose: async () => {},
  };
}

async function emptyIndex(dimensions: number): Promise<Index> {
  const { default: usearch } = await import('usearch').catch((cause: unknown) => {
    throw new UserError('approximate search is not there: usearch has no binary for this machine', {
      hint: 'use exact search',
      cause,
    });
  });
  const { Index, MetricKind, ScalarKind } = usearch;
  return new Index({
    dimensions,
    metric: MetricKind.IP,
    quantization: ScalarKind.F32,
    multi: false,
    ...graph,
  });
}
