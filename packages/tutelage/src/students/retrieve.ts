import { bm25 } from '../search/bm25.js';
import { exactSearch } from '../search/exact.js';
import type { Hits } from '../search/hits.js';
import type { Embedder } from './retriever.js';

/** Texts by id. */
export type TextsById = ReadonlyMap<string, string>;

/** Scores of the documents that were found for a query, by id, from best to worst. */
export type Found = ReadonlyMap<string, number>;

/** Finds the best so many documents for each query. */
export interface DocumentSearch {
  search(queries: readonly string[], count: number): Promise<Found[]>;
  dispose(): Promise<void>;
}

/** Search by a retriever's vectors, exact: the documents are embedded once. */
export async function searchByVectors(model: Embedder, documents: TextsById): Promise<DocumentSearch> {
  const vectors = await model.embed([...documents.values()]);
  const index = exactSearch({ data: joined(vectors), width: vectors[0]?.length ?? 1 });
  const ids = [...documents.keys()];
  return {
    async search(queries, count) {
      const hits = await index.search(joined(await model.embed(queries)), count);
      return hits.map((own) => byId(ids, own));
    },
    dispose: () => index.dispose(),
  };
}

/** Search by the words that query and document share: BM25, which needs no teaching. */
export function searchByWords(documents: TextsById): DocumentSearch {
  const index = bm25([...documents.values()]);
  const ids = [...documents.keys()];
  return {
    search: async (queries, count) => queries.map((query) => byId(ids, index.search(query, count))),
    dispose: async () => {},
  };
}

/** What a search finds for queries that have ids. */
export async function foundFor(
  search: DocumentSearch,
  queries: TextsById,
  count: number,
): Promise<ReadonlyMap<string, Found>> {
  const found = await search.search([...queries.values()], count);
  return new Map([...queries.keys()].map((id, i) => [id, found[i]!]));
}

function byId(ids: readonly string[], { rows, scores }: Hits): Found {
  return new Map(Array.from(rows, (row, place) => [ids[row]!, scores[place]!]));
}

function joined(vectors: readonly Float32Array[]): Float32Array {
  const width = vectors[0]?.length ?? 0;
  const data = new Float32Array(vectors.length * width);
  vectors.forEach((vector, i) => {
    data.set(vector, i * width);
  });
  return data;
}
