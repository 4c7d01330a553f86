import { random, type Tensor, type Tree, type Value } from '@tutelage/engine';
import { dualEncoderLoss } from '../models/dual-encoder.js';
import { type EncoderStudent, embedder } from './encoder-student.js';
import { similarity } from './similarity.js';
import { type Plan, type Taught, type Teaching, teachByPlan } from './teach-by-plan.js';

/** An encoder of queries and documents to be. */
export interface RetrieverStudent extends EncoderStudent {
  readonly plan: Plan;
  /** Of the contrastive loss. */
  readonly temperature: number;
}

/** A query and the documents that answer it, at least one. */
export interface RetrievalLesson {
  readonly query: string;
  readonly documents: readonly string[];
}

/** Turns texts into vectors of length 1, whose product is how alike they are. */
export interface Embedder {
  embed(texts: readonly string[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

type Inputs<T> = Readonly<Record<string, T>>;
type PairBatch<T> = { readonly query: Inputs<T>; readonly document: Inputs<T> };

/**
 * Teaches an encoder to bring queries close to their documents, with the other documents of a batch as negatives. Each query is in an
 * epoch once, with one of its documents.
 */
export async function teachRetriever(
  teaching: Teaching<RetrieverStudent, RetrievalLesson>,
): Promise<Taught<Tree<Value>>> {
  const { student, lessons, validation, threads } = teaching;
  const { embed, featurizer, temperature } = student;
  let watched: Embedder | undefined;
  try {
    return await teachByPlan<Tree<Value>, PairBatch<Value>>({
      ...teaching,
      ...student,
      count: lessons.length,
      sizes: lessons.map(({ documents }) => featurizer.size!(documents[0]!)),
      loss: (params, { query, document }, key) =>
        dualEncoderLoss(
          embed(params, query, random.foldInTraced(key, 'query')),
          embed(params, document, random.foldInTraced(key, 'document')),
          temperature,
        ),
      batch(places, key) {
        const rows = places.map((i) => lessons[i]!);
        const draws = new Float32Array(rows.length);
        random.fillUniform(draws, random.foldIn(key, 'choice'));
        const side = (texts: readonly string[], name: string) =>
          featurizer.batch(texts, random.foldIn(key, name));
        return {
          query: side(
            rows.map(({ query }) => query),
            'query',
          ),
          document: side(
            rows.map(({ documents }, i) => documents[Math.floor(draws[i]! * documents.length)]!),
            'document',
          ),
        };
      },
      async watch(params) {
        if (validation.length === 0) return {};
        watched ??= retrieverWith(student, params, threads === undefined ? {} : { threads });
        return { 'validation reciprocal rank': await meanReciprocalRank(watched, validation) };
      },
    });
  } finally {
    await watched?.dispose();
  }
}

/** A retriever on the engine, for assessment during and after training; a shipped one runs from its ONNX file instead. */
export function retrieverWith(
  student: EncoderStudent,
  params: Tree<Tensor>,
  session: { readonly threads?: number } = {},
): Embedder {
  const model = embedder(student, session);
  return {
    async embed(texts) {
      const { data, width } = await model.embed(params, texts);
      return texts.map((_, i) => data.subarray(i * width, (i + 1) * width));
    },
    dispose: () => model.dispose(),
  };
}

/** The mean over lessons of 1 / rank of the best of the query's documents, among the distinct documents of all of them. */
export async function meanReciprocalRank(
  model: Embedder,
  lessons: readonly RetrievalLesson[],
): Promise<number> {
  const documents = [...new Set(lessons.flatMap((lesson) => lesson.documents))];
  const place = new Map(documents.map((document, i) => [document, i]));
  const vectors = await model.embed(documents);
  const queries = await model.embed(lessons.map(({ query }) => query));
  const reciprocals = queries.map((query, i) => {
    const scores = vectors.map((vector) => similarity(query, vector));
    const own = new Set(lessons[i]!.documents.map((document) => place.get(document)!));
    const best = Math.max(...[...own].map((at) => scores[at]!));
    return 1 / (1 + scores.filter((score, at) => score > best && !own.has(at)).length);
  });
  return reciprocals.reduce((a, b) => a + b, 0) / lessons.length;
}
