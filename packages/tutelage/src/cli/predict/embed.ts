import type { LoadedRetriever } from '../../students/load-retriever.js';
import { searchByVectors } from '../../students/retrieve.js';
import { readDocuments } from '../../tasks/documents.js';
import type { PredictParameters } from '../commands/predict.js';
import { type Answer, jsonLine } from './items.js';

const shownDocuments = 5;
const shownCharacters = 120;

/** The vectors of texts or, with documents, the best of them for each text. */
export async function embedOrSearch(
  student: LoadedRetriever,
  { documents: path, top = shownDocuments, json }: PredictParameters,
): Promise<Answer> {
  if (path === undefined) {
    return async (items) => {
      const vectors = await student.embed(items.map(({ input }) => input));
      return items.map((item, i) =>
        jsonLine(item, { embedding: Array.from(vectors[i]!, (x) => Number(x.toPrecision(6))) }),
      );
    };
  }
  const documents = await readDocuments(path);
  const index = await searchByVectors(student, documents);
  return async (items) => {
    const found = await index.search(
      items.map(({ input }) => input),
      top,
    );
    return items.flatMap((item, i) => {
      const hits = [...found[i]!].map(([id, score]) => ({
        id,
        score: Number(score.toFixed(6)),
        text: documents.get(id)!,
      }));
      if (item.row || json) return [jsonLine(item, { documents: hits })];
      return hits.map(
        ({ id, score, text }) =>
          `${score.toFixed(4)}\t${id}\t${text.replaceAll(/\s+/g, ' ').slice(0, shownCharacters)}`,
      );
    });
  };
}
