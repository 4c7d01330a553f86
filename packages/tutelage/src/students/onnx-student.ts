import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  cast,
  div,
  type ImportedModel,
  leavesOf,
  mean,
  mul,
  nn,
  random,
  reshape,
  sum,
  type Tensor,
  trace,
  type Value,
  zerosLike,
} from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { loadTokenizer } from '../language/tokenizer/load.js';
import type {
  ClassifierNet,
  ClassifierPreset,
  ClassifierStudent,
  Featurizer,
  TeachingPlan,
} from './classifier.js';
import type { InputKind, InputTypes } from './featurizers.js';
import { featurizerOf, studentOfModel } from './load-student.js';
import { type OnnxStudentModel, pixelInput, readOnnxStudent, textInputs } from './onnx-model.js';
import { channelStatistics, pixelsFeaturizer } from './pixels.js';
import { tokensFeaturizer } from './tokens.js';

/** What of a model is trained: all of it, a new head alone, or a new head and low-rank adapters (Hu et al. 2021). */
export type Tuning = 'whole' | 'head' | 'lora';

export interface OnnxTextOptions {
  readonly tuning: Tuning;
  /** Folder of `tokenizer.json`; the model's own when left out. */
  readonly tokenizer?: string;
  /** Longest text in tokens. */
  readonly length: number;
}

type Parameters<T> = {
  readonly model: Record<string, T>;
  readonly lora?: nn.Lora<T>;
  readonly head?: nn.Linear<T>;
};

type Batch = Readonly<Record<string, Value>>;

/** Rank of the adapters, and their factor. */
const lora = { rank: 8, alpha: 16 };

const plan: TeachingPlan = {
  epochs: 5,
  batchSize: 32,
  learningRate: 2e-3,
  weightDecay: 0.01,
  warmup: 0.1,
  labelSmoothing: 0.1,
  clipNorm: 1,
};

/** A new head learns faster than what is known already. */
const plans: Readonly<Record<Tuning, TeachingPlan>> = {
  whole: { ...plan, learningRates: [{ under: 'model', factor: 0.1 }] },
  head: { ...plan, learningRates: [{ under: 'model', factor: 0 }] },
  lora: { ...plan, learningRates: [{ under: 'model', factor: 0 }] },
};

/**
 * A text model in an ONNX file as a student, with its tokenizer; or one that was shipped before, with what lies beside it. Its head is kept when it has as many classes as there are labels and the whole model
 * is tuned; else a new one takes its place.
 *
 * @throws {UserError} on creation, when the file or its tokenizer can't be used
 */
export function onnxTextStudent(path: string, options: OnnxTextOptions): ClassifierPreset<string> {
  return {
    id: 'onnx',
    input: 'text',
    description: `a text model from ${path}`,
    async create(texts, labels, key) {
      const own = await taughtBefore('text', path);
      if (own) return taughtAnew(key, path, own, texts, labels, options.tuning);
      const tokenizer = await loadTokenizer(options.tokenizer ?? dirname(path));
      const featurizer = tokensFeaturizer({ length: options.length, hidden: 0, ngrams: null }, tokenizer);
      const model = readOnnxStudent(path);
      const names = textInputs(model.whole.inputs, path);
      const dtypeOf = new Map(model.whole.inputs.map(({ name, dtype }) => [name, dtype]));
      const net = onnxNet(
        key,
        model,
        featurizer,
        texts.slice(0, 2),
        labels.length,
        options.tuning,
        ({ ids, mask }) => ({
          [names.ids]: ids!,
          ...(names.mask !== undefined && { [names.mask]: cast(mask!, dtypeOf.get(names.mask)!) }),
          ...(names.types !== undefined && { [names.types]: zerosLike(ids!) }),
        }),
      );
      return { preset: 'onnx', labels, featurizer, plan: plans[options.tuning], net };
    },
  };
}

/**
 * An image model in an ONNX file as a student; see `onnxTextStudent`. Pixels are normalised by the training images' mean and
 * deviation.
 *
 * @throws {UserError} on creation, when the file can't be used or takes images of another size
 */
export function onnxImageStudent(
  path: string,
  format: { readonly height: number; readonly width: number; readonly channels: number },
  tuning: Tuning,
): ClassifierPreset<Uint8Array> {
  return {
    id: 'onnx',
    input: 'image',
    description: `an image model from ${path}`,
    async create(images, labels, key) {
      const own = await taughtBefore('image', path);
      if (own) return taughtAnew(key, path, own, images, labels, tuning);
      const model = readOnnxStudent(path);
      const { pixels: input, ...wanted } = pixelInput(model.whole.inputs, path);
      const size = (f: typeof format) => `${f.height} x ${f.width} x ${f.channels}`;
      if (size(wanted) !== size(format)) {
        throw new UserError(`images of another size: ${size(format)}`, {
          detail: `${path} takes ${size(wanted)}`,
        });
      }
      const statistics = channelStatistics(images, format.channels);
      const featurizer = pixelsFeaturizer({ ...format, ...statistics, shift: 0, flip: false });
      const net = onnxNet(
        key,
        model,
        featurizer,
        images.slice(0, 2),
        labels.length,
        tuning,
        ({ pixels }) => ({
          [input]: pixels!,
        }),
      );
      return { preset: 'onnx', labels, featurizer, plan: plans[tuning], net };
    },
  };
}

/** The featurizer of a student whose model the file is: one that was taught and shipped before, and learns on. */
async function taughtBefore<K extends InputKind>(
  input: K,
  path: string,
): Promise<Featurizer<InputTypes[K]> | undefined> {
  if (!existsSync(path)) throw new UserError(`no such file: ${path}`);
  const own = await studentOfModel(path);
  if (!own) return undefined;
  const restored = await featurizerOf(own.folder, own.description);
  if (restored.input === input) return restored.featurizer as Featurizer<InputTypes[K]>;
  throw new UserError(`the student takes ${restored.input}s, not ${input}s: ${path}`);
}

function taughtAnew<I>(
  key: random.Key,
  path: string,
  featurizer: Featurizer<I>,
  inputs: readonly I[],
  labels: readonly string[],
  tuning: Tuning,
): ClassifierStudent<I> {
  const same = (batch: Batch): Record<string, Value> =>
    Object.fromEntries(Object.keys(featurizer.inputs).map((name) => [name, batch[name]!]));
  const sample = inputs.slice(0, 2);
  const net = onnxNet(key, readOnnxStudent(path), featurizer, sample, labels.length, tuning, same);
  return { preset: 'onnx', labels, featurizer, plan: plans[tuning], net };
}

function onnxNet<I>(
  key: random.Key,
  { whole, logits, body, features }: OnnxStudentModel,
  featurizer: Featurizer<I>,
  sample: readonly I[],
  classes: number,
  tuning: Tuning,
  inputsOf: (batch: Batch) => Record<string, Value>,
): ClassifierNet {
  const batch = featurizer.batch(sample);
  const outputOf = (model: ImportedModel, name: string) => (params: Record<string, Value>, given: Batch) =>
    model.apply(params, inputsOf(given))[name]!;
  const shapeOf = (model: ImportedModel, name: string) =>
    trace(outputOf(model, name), [model.params, batch]).graph.outputs[0]!.shape;
  const keepsHead = tuning === 'whole' && isLogits(shapeOf(whole, logits), classes);
  const model = keepsHead ? whole : body;
  const run = outputOf(model, keepsHead ? logits : features);
  const head = keepsHead
    ? undefined
    : nn.initLinear(random.foldIn(key, 'head'), channelsOf(shapeOf(body, features)), classes, {
        weight: nn.normal(0.02),
      });
  const params: Parameters<Tensor> = {
    model: model.params,
    ...(tuning === 'lora' && { lora: nn.initLora(key, model.params, adaptable(model.params), lora.rank) }),
    ...(head && { head }),
  };
  return {
    params,
    statistics: {},
    forward(p, given) {
      const own = p as Parameters<Value>;
      const weights = own.lora ? nn.withLora(own.model, own.lora, lora.alpha) : own.model;
      const out = run(weights, given);
      return { logits: own.head ? nn.linear(own.head, pooled(out, given.mask)) : out, statistics: {} };
    },
  };
}

const isLogits = (shape: readonly number[], classes: number): boolean =>
  shape.length === 2 && shape[1] === classes;

/** Width of pooled features: the second axis of images [batch, channels, height, width], else the last. */
const channelsOf = (shape: readonly number[]): number => (shape.length === 4 ? shape[1]! : shape.at(-1)!);

/** One row of features for each example: the mean over tokens or pixels where there are several. */
function pooled(x: Value, mask: Value | undefined): Value {
  if (x.rank === 2) return x;
  if (x.rank === 4) return mean(x, { axes: [2, 3] });
  if (x.rank !== 3) throw new UserError(`the model's output can't be used: it has ${x.rank} axes`);
  if (!mask) return mean(x, { axes: 1 });
  const weights = reshape(mask, [mask.dim(0), mask.dim(1), 1]);
  return div(sum(mul(x, weights), { axes: 1 }), sum(weights, { axes: 1 }));
}

/** Matches the names of the matrices that adapters are for: not the tables of embeddings. */
function adaptable(params: Record<string, Tensor>): RegExp {
  const names = leavesOf<Tensor>(params)
    .filter(({ path, leaf }) => leaf.shape.length === 2 && !/embed/i.test(path))
    .map(({ path }) => path.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  return new RegExp(`^(?:${names.join('|') || '(?!)'})$`);
}
