import { jit, matmul, tensor, topK, type Value } from '@tutelage/engine';
import { type Hits, mergedHits } from './hits.js';
import { countVectors, type VectorSearch, type Vectors } from './vectors.js';

/** Rows and queries of one product: 8 MB of scores at a time. */
const rowsAtATime = 8192;
const queriesAtATime = 256;

/**
 * Exact search: all inner products, as matrix products, block by block.
 *
 * @param vectors kept, not copied: do not change them afterwards
 * @throws {UserError} when vectors or queries are not finite or do not fill whole rows
 */
export function exactSearch(vectors: Vectors, { threads }: { readonly threads?: number } = {}): VectorSearch {
  const { width } = vectors;
  const count = countVectors(vectors);
  const products = new Map<number, ReturnType<typeof bestProducts>>();
  const productsFor = (k: number) => {
    const made = products.get(k) ?? bestProducts(k, threads);
    products.set(k, made);
    return made;
  };
  const blockHits = async (queries: Float32Array, start: number, k: number): Promise<Hits[]> => {
    const end = Math.min(start + rowsAtATime, count);
    const own = Math.min(k, end - start);
    const block = vectors.data.subarray(start * width, end * width);
    const found = await productsFor(own)(
      tensor(queries, [queries.length / width, width]),
      tensor(block, [end - start, width]),
    );
    const rows = found.indices.data as Int32Array;
    const scores = found.values.data as Float32Array;
    return Array.from({ length: queries.length / width }, (_, q) => ({
      rows: rows.slice(q * own, (q + 1) * own).map((row) => row + start),
      scores: scores.slice(q * own, (q + 1) * own),
    }));
  };
  return {
    async search(queries, k) {
      const asked = countVectors({ data: queries, width });
      const hits: Hits[] = [];
      for (let at = 0; at < asked; at += queriesAtATime) {
        const some = queries.subarray(at * width, (at + queriesAtATime) * width);
        let best: Hits[] = Array.from({ length: some.length / width }, () => ({
          rows: new Int32Array(),
          scores: new Float32Array(),
        }));
        for (let start = 0; start < count; start += rowsAtATime) {
          const further = await blockHits(some, start, k);
          best = best.map((own, i) => mergedHits(own, further[i]!, k));
        }
        hits.push(...best);
      }
      return hits;
    },
    async dispose() {
      for (const made of products.values()) await made.dispose();
      products.clear();
    },
  };
}

function bestProducts(k: number, threads: number | undefined) {
  return jit(
    (queries: Value, block: Value) => topK(matmul(queries, block, { transB: true }), k),
    threads === undefined ? {} : { threads },
  );
}
