import {
  createTrainer,
  exportOnnx,
  jit,
  type OnnxModel,
  optim,
  random,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import { trainWordPiece } from '../language/tokenizer/train.js';
import { dualEncoderLoss, embedTexts } from '../models/dual-encoder.js';
import { type Encoder, type EncoderConfig, initEncoder } from '../models/encoder.js';
import type { Featurizer, TeachingPlan } from './classifier.js';
import { lessonBatches } from './lesson-batches.js';
import { parameterGroups } from './parameter-groups.js';
import { copyOf } from './predictor.js';
import { type TrainingRun, trainResumably } from './resumable-training.js';
import { tokensFeaturizer } from './tokens.js';

/** An encoder of queries and documents to be. */
export interface RetrieverStudent {
  readonly preset: string;
  readonly featurizer: Featurizer<string>;
  readonly config: EncoderConfig;
  readonly params: Encoder<Tensor>;
  readonly plan: Omit<TeachingPlan, 'labelSmoothing'>;
  /** Of the contrastive loss. */
  readonly temperature: number;
}

/** A query and a document that answers it. */
export interface Pair {
  readonly query: string;
  readonly document: string;
}

export interface TeachRetrieverOptions extends TrainingRun {
  readonly student: RetrieverStudent;
  readonly pairs: readonly Pair[];
  /** Watched, not learned from. */
  readonly validation: readonly Pair[];
  readonly seed: number;
  readonly threads?: number;
}

export interface TaughtRetriever {
  readonly params: Encoder<Tensor>;
  readonly outcome: 'finished' | 'paused';
}

/** Longest text in tokens. */
const length = 128;

const plan: RetrieverStudent['plan'] = {
  epochs: 20,
  batchSize: 64,
  learningRate: 1e-3,
  weightDecay: 0.01,
  warmup: 0.1,
  clipNorm: 1,
};

export const retrieverSmall = {
  id: 'retriever-small',
  input: 'text',
  description:
    'one encoder of 3 layers and width 128 for queries and documents, learned from pairs; up to 1.6 MB as int8, 0.3 ms a text',
  /**
   * @param texts queries and documents, from which the pieces of words are learned
   * @param key of the initial parameters
   */
  create(texts: readonly string[], key: random.Key): RetrieverStudent {
    const tokenizer = trainWordPiece(texts, { vocabulary: 8_000 });
    const config: EncoderConfig = {
      vocabulary: tokenizer.vocabularySize,
      positions: length,
      width: 128,
      layers: 3,
      heads: 4,
      intermediate: 512,
      dropout: 0.1,
    };
    return {
      preset: retrieverSmall.id,
      featurizer: tokensFeaturizer({ length, hidden: 0.1, ngrams: null }, tokenizer),
      config,
      params: initEncoder(key, config),
      plan,
      temperature: 0.05,
    };
  },
} as const;

type Side<T> = { readonly ids: T; readonly mask: T };
type PairBatch<T> = { readonly query: Side<T>; readonly document: Side<T> };

const embedded = (
  params: Encoder<Value>,
  config: EncoderConfig,
  { ids, mask }: Side<Value>,
  key?: Value,
): Value => embedTexts(params, config, { tokens: ids, mask }, key);

/** Teaches an encoder to bring queries close to their documents, with the other documents of a batch as negatives. */
export async function teachRetriever(options: TeachRetrieverOptions): Promise<TaughtRetriever> {
  const { student, pairs, seed, threads } = options;
  const { config, plan, featurizer, temperature } = student;
  const session = threads === undefined ? {} : { threads };
  const batches = lessonBatches({
    count: pairs.length,
    batchSize: Math.min(plan.batchSize, pairs.length),
    seed,
    sizes: pairs.map(({ document }) => featurizer.size!(document)),
  });
  const totalSteps = batches.stepsAnEpoch * plan.epochs;
  const trainer = createTrainer({
    params: student.params,
    loss: (params: Encoder<Value>, { query, document }: PairBatch<Value>, key: Value) =>
      dualEncoderLoss(
        embedded(params, config, query, random.foldInTraced(key, 'query')),
        embedded(params, config, document, random.foldInTraced(key, 'document')),
        temperature,
      ),
    optimizer: optim.adamw({ learningRate: plan.learningRate, weightDecay: plan.weightDecay }),
    groups: parameterGroups(plan),
    schedule: optim.cosine({ total: totalSteps, warmup: Math.round(plan.warmup * totalSteps) }),
    clipNorm: plan.clipNorm,
    seed,
    ...session,
  });
  const model = retriever(student, session);
  const augmentation = random.foldIn(random.key(seed), 'augmentation');
  const { outcome } = await trainResumably({
    ...options,
    graph: `${student.preset} ${JSON.stringify(plan)}`,
    totalSteps,
    trainer,
    batches,
    async step(index) {
      const rows = batches.next(index).map((i) => pairs[i]!);
      const side = (of: keyof Pair) =>
        featurizer.batch(
          rows.map((pair) => pair[of]),
          random.foldIn(random.foldIn(augmentation, index), of),
        ) as Side<Tensor>;
      const { loss, gradientNorm } = await trainer.step({ query: side('query'), document: side('document') });
      const row = { loss, 'gradient norm': gradientNorm };
      const isLast = (index + 1) % batches.stepsAnEpoch === 0;
      if (!isLast || options.validation.length === 0) return row;
      return {
        ...row,
        'validation reciprocal rank': await meanReciprocalRank(model, trainer.params, options.validation),
      };
    },
  });
  const params = copyOf(trainer.params) as Encoder<Tensor>;
  await trainer.dispose();
  await model.dispose();
  return { params, outcome };
}

/** Embeds texts with given parameters. */
export interface Retriever {
  /** Vectors of length 1, one for each text; similarity is their product. */
  embed(params: Encoder<Tensor>, texts: readonly string[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** Texts that are embedded together. */
const chunk = 128;

export function retriever(
  { config, featurizer }: Pick<RetrieverStudent, 'config' | 'featurizer'>,
  session: { readonly threads?: number } = {},
): Retriever {
  const forward = jit(
    (params: Encoder<Value>, texts: Side<Value>) => embedded(params, config, texts),
    session,
  );
  return {
    async embed(params, texts) {
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += chunk) {
        const batch = featurizer.batch(texts.slice(at, at + chunk)) as Side<Tensor>;
        const data = (await forward(params, batch)).data as Float32Array;
        for (let i = 0; i < data.length; i += config.width) vectors.push(data.slice(i, i + config.width));
      }
      return vectors;
    },
    dispose: () => forward.dispose(),
  };
}

/** The mean over queries of 1 / rank of the query's document among the distinct documents of the pairs. */
async function meanReciprocalRank(
  model: Retriever,
  params: Encoder<Tensor>,
  pairs: readonly Pair[],
): Promise<number> {
  const documents = [...new Set(pairs.map(({ document }) => document))];
  const place = new Map(documents.map((document, i) => [document, i]));
  const vectors = await model.embed(params, documents);
  const queries = await model.embed(
    params,
    pairs.map(({ query }) => query),
  );
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const reciprocals = queries.map((query, i) => {
    const own = dot(query, vectors[place.get(pairs[i]!.document)!]!);
    return 1 / (1 + vectors.filter((vector) => dot(query, vector) > own).length);
  });
  return reciprocals.reduce((a, b) => a + b, 0) / pairs.length;
}

/** The encoder as ONNX: ids and mask [batch, length] to embeddings of length 1, [batch, width]. */
export function exportRetriever(
  { config, preset, featurizer }: Pick<RetrieverStudent, 'config' | 'preset' | 'featurizer'>,
  params: Encoder<Tensor>,
): OnnxModel {
  const { ids, mask } = featurizer.inputs as unknown as Side<(typeof featurizer.inputs)[string]>;
  return exportOnnx(
    (p: Encoder<Value>, texts: Side<Value>) => ({ embeddings: embedded(p, config, texts) }),
    params,
    { ids, mask },
    {
      axes: { length: { max: config.positions } },
      metadata: { name: preset, description: `encoder of queries and documents, preset ${preset}` },
    },
  );
}
