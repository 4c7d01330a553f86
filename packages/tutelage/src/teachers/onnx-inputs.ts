import { dirname } from 'node:path';
import { type Port, type Tensor, tensor } from '@tutelage/engine';
import type { Json } from '../core/curriculum.js';
import { UserError } from '../core/errors.js';
import { loadTokenizer } from '../language/tokenizer/load.js';
import type { ImageShape } from '../tasks/image-folder.js';
import { type OnnxFile, readCompanion } from './onnx-file.js';

/** Turns inputs into what a model takes. */
export interface InputForm<I> {
  /** All that decides about the tensors. */
  readonly config: Json;
  /** Number of inputs that the model takes at once, where it takes that many only. */
  readonly batchSize: number | undefined;
  /** Inputs of like weight make full batches. */
  weight(input: I): number;
  /** @returns tensors by name, and which tokens are not padding [batch, length] */
  feeds(inputs: readonly I[]): { readonly tensors: Record<string, Tensor>; readonly mask?: Tensor };
}

export interface TextOptions {
  /** Path of a `tokenizer.json`; the one beside the model unless given. */
  readonly tokenizer?: string;
  /** Longest text in tokens; what the files beside the model say unless given, at most 512. */
  readonly maxLength?: number;
}

const roles = {
  ids: /input_?ids|^ids$|^tokens?$/i,
  mask: /mask/i,
  types: /token_?type|segment/i,
} as const;

/** Texts through a tokenizer: ids, and where the model has inputs for them the mask and the types of tokens. */
export async function textForm(
  { session, folder, digest }: OnnxFile,
  options: TextOptions,
): Promise<InputForm<string>> {
  const { inputs } = session;
  const roleOf = ({ name }: Port) => {
    const role = (['types', 'mask', 'ids'] as const).find((r) => roles[r].test(name));
    return role ?? (inputs.length === 1 ? 'ids' : undefined);
  };
  for (const port of inputs) {
    const isInteger = port.dtype === 'int64' || port.dtype === 'int32';
    if (roleOf(port) && (isInteger || roleOf(port) === 'mask') && port.dtype !== 'float16') continue;
    throw new UserError(`input of the teacher that can't be made from text: '${port.name}' (${port.dtype})`, {
      detail: `the model's inputs: ${inputs.map(({ name }) => name).join(', ')}`,
      hint: 'give a model with inputs such as input_ids, attention_mask and token_type_ids',
    });
  }
  const source = options.tokenizer === undefined ? folder : dirname(options.tokenizer);
  const tokenizer = await loadTokenizer(source);
  const ids = inputs.find((port) => roleOf(port) === 'ids') ?? inputs[0]!;
  const [batchSize, fixedLength] = [0, 1].map((axis) => {
    const size = ids.shape?.[axis];
    return typeof size === 'number' ? size : undefined;
  });
  const limit = fixedLength ?? options.maxLength ?? (await longestText(folder));
  return {
    config: [digest, JSON.stringify(tokenizer.files), limit],
    batchSize,
    weight: (text) => text.length,
    feeds(texts) {
      const rows = texts.map((text) => tokenizer.encode(text, limit));
      const length = fixedLength ?? Math.max(1, ...rows.map((row) => row.length));
      const size = texts.length * length;
      const made = {
        ids: new Int32Array(size).fill(tokenizer.special.padding ?? 0),
        mask: new Int32Array(size),
        types: new Int32Array(size),
      };
      rows.forEach((row, n) => {
        made.ids.set(row, n * length);
        made.mask.fill(1, n * length, n * length + row.length);
      });
      const shape = [texts.length, length];
      const tensors = inputs.map(
        (port) => [port.name, shaped(made[roleOf(port)!], shape, port.dtype)] as const,
      );
      return { tensors: Object.fromEntries(tensors), mask: tensor(made.mask, shape) };
    },
  };
}

const usualLength = 512;

async function longestText(folder: string): Promise<number> {
  const stated = [
    (await readCompanion(folder, 'sentence_bert_config.json'))?.max_seq_length,
    (await readCompanion(folder, 'tokenizer_config.json'))?.model_max_length,
    (await readCompanion(folder, 'config.json'))?.max_position_embeddings,
  ];
  return Math.min(usualLength, ...stated.filter((n) => typeof n === 'number'));
}

function shaped(numbers: Int32Array, shape: readonly number[], dtype: Port['dtype']): Tensor {
  return dtype === 'int64'
    ? tensor(BigInt64Array.from(numbers, BigInt), shape)
    : tensor(numbers, shape, dtype);
}

/** Mean and standard deviation of each channel, of pixels in 0..1. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Usual ways to prepare images: ImageNet's statistics, -1..1, 0..1. */
export const normalisations = {
  imagenet: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
  symmetric: { mean: [0.5], deviation: [0.5] },
  unit: { mean: [0], deviation: [1] },
} as const satisfies Record<string, Normalisation>;

export interface ImageFormOptions {
  /** Of the images given: height x width x channels bytes each. */
  readonly shape: ImageShape;
  /** How pixels become numbers; what `preprocessor_config.json` beside the model says unless given. */
  readonly normalisation?: keyof typeof normalisations | Normalisation;
}

/** Images as [batch, channels, height, width] or [batch, height, width, channels], whichever the model takes. */
export async function imageForm(
  { session, folder, digest }: OnnxFile,
  options: ImageFormOptions,
): Promise<InputForm<Uint8Array>> {
  const { shape } = options;
  const { height, width, channels } = shape;
  const port = session.inputs[0];
  if (!port || session.inputs.length > 1 || port.shape?.length !== 4) {
    const inputs = session.inputs.map(
      ({ name, shape: s }) => `${name} [${s?.map((d) => d ?? '?').join(', ') ?? '?'}]`,
    );
    throw new UserError('a model of images takes one input of four dimensions', {
      detail: `this one: ${inputs.join(', ')}`,
    });
  }
  const { name, dtype, shape: wanted } = port;
  const fits = (sizes: readonly number[]) =>
    sizes.every((size, i) => typeof wanted[i + 1] !== 'number' || wanted[i + 1] === size);
  const isFirst = fits([channels, height, width]);
  if (!isFirst && !fits([height, width, channels])) {
    throw new UserError(
      `images of ${height} x ${width} x ${channels} don't fit the teacher: [${wanted.map((d) => d ?? '?').join(', ')}]`,
      {
        hint: 'read the images in the size that the model takes',
      },
    );
  }
  const isBytes = dtype === 'uint8';
  if (!isBytes && dtype !== 'float32')
    throw new UserError(`images as ${dtype} are not supported: input '${name}'`);
  const { mean, deviation } = isBytes ? normalisations.unit : await normalisationOf(folder, options);
  const size = height * width * channels;
  const batchSize = typeof wanted[0] === 'number' ? wanted[0] : undefined;
  return {
    config: [digest, [height, width, channels], mean, deviation, isFirst],
    batchSize,
    weight: () => 0,
    feeds(images) {
      const data = isBytes ? new Uint8Array(images.length * size) : new Float32Array(images.length * size);
      images.forEach((image, n) => {
        if (image.length !== size) throw new UserError(`image of ${image.length} bytes: ${size} are needed`);
        for (let i = 0; i < size; i++) {
          const channel = i % channels;
          const at = isFirst ? channel * height * width + (i - channel) / channels : i;
          const c = channel % mean.length;
          data[n * size + at] = isBytes ? image[i]! : (image[i]! / 255 - mean[c]!) / deviation[c]!;
        }
      });
      const dims = isFirst ? [channels, height, width] : [height, width, channels];
      return { tensors: { [name]: tensor(data, [images.length, ...dims]) } };
    },
  };
}

async function normalisationOf(folder: string, { normalisation }: ImageFormOptions): Promise<Normalisation> {
  if (normalisation !== undefined) {
    return typeof normalisation === 'string' ? normalisations[normalisation] : normalisation;
  }
  const stated = await readCompanion(folder, 'preprocessor_config.json');
  if (stated?.image_mean && stated.image_std) return { mean: stated.image_mean, deviation: stated.image_std };
  throw new UserError(
    `how the teacher wants its pixels is not known: no preprocessor_config.json in ${folder}`,
    {
      hint: `say one of ${Object.keys(normalisations).join(', ')} (on the command line by --teacher-pixels), or mean and deviation`,
    },
  );
}
