import {
  exportOnnx,
  jit,
  type ModelMetadata,
  type OnnxModel,
  random,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import { dualEncoderLoss, embedTexts } from '../models/dual-encoder.js';
import type { Encoder, EncoderConfig } from '../models/encoder.js';
import type { Featurizer } from './classifier.js';
import { similarity } from './similarity.js';
import { type Plan, type Taught, type Teaching, teachByPlan } from './teach-by-plan.js';

/** An encoder of queries and documents to be. */
export interface RetrieverStudent {
  readonly preset: string;
  readonly featurizer: Featurizer<string>;
  readonly config: EncoderConfig;
  readonly params: Encoder<Tensor>;
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

type Side<T> = { readonly ids: T; readonly mask: T };
type PairBatch<T> = { readonly query: Side<T>; readonly document: Side<T> };

const embedded = (
  params: Encoder<Value>,
  config: EncoderConfig,
  { ids, mask }: Side<Value>,
  key?: Value,
): Value => embedTexts(params, config, { tokens: ids, mask }, key);

/**
 * Teaches an encoder to bring queries close to their documents, with the other documents of a batch as negatives. Each query is in an
 * epoch once, with one of its documents.
 */
export async function teachRetriever(
  teaching: Teaching<RetrieverStudent, RetrievalLesson>,
): Promise<Taught<Encoder<Value>>> {
  const { student, lessons, validation, threads } = teaching;
  const { config, featurizer, temperature } = student;
  let watched: Embedder | undefined;
  try {
    return await teachByPlan<Encoder<Value>, PairBatch<Value>>({
      ...teaching,
      ...student,
      count: lessons.length,
      sizes: lessons.map(({ documents }) => featurizer.size!(documents[0]!)),
      loss: (params, { query, document }, key) =>
        dualEncoderLoss(
          embedded(params, config, query, random.foldInTraced(key, 'query')),
          embedded(params, config, document, random.foldInTraced(key, 'document')),
          temperature,
        ),
      batch(places, key) {
        const rows = places.map((i) => lessons[i]!);
        const draws = new Float32Array(rows.length);
        random.fillUniform(draws, random.foldIn(key, 'choice'));
        const side = (texts: readonly string[], name: string) =>
          featurizer.batch(texts, random.foldIn(key, name)) as Side<Tensor>;
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
        watched ??= embedder(student, params, threads === undefined ? {} : { threads });
        return { 'validation reciprocal rank': await meanReciprocalRank(watched, validation) };
      },
    });
  } finally {
    await watched?.dispose();
  }
}

/** Texts that are embedded together. */
const chunk = 128;

/** A retriever on the engine, for assessment during and after training; a shipped one runs from its ONNX file instead. */
export function embedder(
  { config, featurizer }: Pick<RetrieverStudent, 'config' | 'featurizer'>,
  params: Encoder<Tensor>,
  session: { readonly threads?: number } = {},
): Embedder {
  const forward = jit((p: Encoder<Value>, texts: Side<Value>) => embedded(p, config, texts), session);
  return {
    embed: (texts) =>
      embedAll(texts, config.width, async (part) => {
        const batch = featurizer.batch(part) as Side<Tensor>;
        return (await forward(params, batch)).data as Float32Array;
      }),
    dispose: () => forward.dispose(),
  };
}

/**
 * Embeds texts in parts.
 *
 * @param run gives the vectors of a part one after the other
 */
export async function embedAll(
  texts: readonly string[],
  width: number,
  run: (part: readonly string[]) => Promise<Float32Array>,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += chunk) {
    const data = await run(texts.slice(at, at + chunk));
    for (let i = 0; i < data.length; i += width) vectors.push(data.slice(i, i + width));
  }
  return vectors;
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

/** The encoder as ONNX: ids and mask [batch, length] to embeddings of length 1, [batch, width]. */
export function exportRetriever(
  { config, preset, featurizer }: Pick<RetrieverStudent, 'config' | 'preset' | 'featurizer'>,
  params: Encoder<Tensor>,
  metadata: ModelMetadata = {},
): OnnxModel {
  const { ids, mask } = featurizer.inputs as unknown as Side<(typeof featurizer.inputs)[string]>;
  return exportOnnx(
    (p: Encoder<Value>, texts: Side<Value>) => ({ embeddings: embedded(p, config, texts) }),
    params,
    { ids, mask },
    {
      axes: { length: { max: config.positions } },
      metadata: {
        name: preset,
        ...metadata,
        description: `encoder of queries and documents, preset ${preset}`,
      },
    },
  );
}
