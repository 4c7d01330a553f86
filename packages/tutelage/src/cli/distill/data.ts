import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import { given } from '../../core/given.js';
import type { InputKind, InputTypes } from '../../students/featurizers.js';
import { findIdxFiles, readIdx } from '../../tasks/idx.js';
import type { ImageShape } from '../../tasks/image-folder.js';
import { readImages } from '../../tasks/images.js';
import type { RejectSummary } from '../../tasks/rejected.js';
import type { SplitName } from '../../tasks/splits.js';
import { readTextClassification } from '../../tasks/text-classification.js';
import type { DistillSettings } from './settings.js';
import { readUnlabelled } from './unlabelled.js';

/** Labelled examples in memory. */
export interface LabelledSplit<I> {
  readonly inputs: readonly I[];
  readonly classes: Int32Array;
  readonly ids: readonly string[];
}

export interface DataOf<K extends InputKind> {
  readonly input: K;
  readonly name: string;
  readonly labels: readonly string[];
  readonly splits: Readonly<Record<SplitName, LabelledSplit<InputTypes[K]>>>;
  readonly rejected: RejectSummary;
  readonly warnings: readonly string[];
  readonly hash: string;
  /** Whether the classes are known; those of unlabelled data are -1. */
  readonly isLabelled: boolean;
  /** Of images. */
  readonly format: ImageShape | undefined;
}

/** A data set of texts or images. */
export type Data = { readonly [K in InputKind]: DataOf<K> }[InputKind];

/** Which data to read and how. */
export type DataSettings = Pick<
  DistillSettings,
  | 'data'
  | 'name'
  | 'labels'
  | 'validation'
  | 'test'
  | 'text'
  | 'label'
  | 'split'
  | 'imageSize'
  | 'seed'
  | 'limit'
>;

const defaultImageSize = 32;

/**
 * Reads texts from a file, or images from a folder.
 *
 * @param rejectedPath where rows that can't be used are written
 * @throws {UserError} when the data can't be used
 */
export async function readData(settings: DataSettings, rejectedPath?: string): Promise<Data> {
  const { data: path, seed } = settings;
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new UserError(`no such file or folder: ${path}`);
  const name = settings.name ?? basename(path);
  const common = { seed, ...given({ rejectedPath }) };
  if (found.isDirectory()) {
    const given = (['text', 'label', 'labels', 'split', 'validation', 'test'] as const).find(
      (key) => settings[key] !== undefined,
    );
    if (given) throw new UserError(`--${given} is for tables of texts: ${path} is a folder of images`);
    const shape = await imageShape(settings);
    const read = await readImages(path, { ...common, shape });
    const { labels, rejected, warnings, hash } = read;
    const splits = await splitsOf(read.splits, labels, settings);
    return {
      input: 'image',
      name,
      labels,
      isLabelled: true,
      splits,
      rejected,
      warnings,
      hash,
      format: shape,
    };
  }
  const { labels: labelsFile } = settings;
  if (labelsFile !== undefined) return readUnlabelled({ ...settings, labels: labelsFile }, rejectedPath);
  const files = {
    train: path,
    ...given({ validation: settings.validation, test: settings.test }),
  };
  const { text, label, split } = settings;
  const read = await readTextClassification(Object.keys(files).length === 1 ? path : files, {
    ...common,
    columns: given({ text, label, split }),
  });
  const { labels, rejected, warnings, hash } = read;
  const arrays = {
    train: await read.splits.train.toArray(),
    validation: await read.splits.validation.toArray(),
    test: await read.splits.test.toArray(),
  };
  const splits = await splitsOf(arrays, labels, settings);
  return {
    input: 'text',
    name,
    labels,
    isLabelled: true,
    splits,
    rejected,
    warnings,
    hash,
    format: undefined,
  };
}

function splitsOf<I>(
  splits: Readonly<Record<SplitName, readonly Example<I, string>[]>>,
  labels: readonly string[],
  { limit }: DataSettings,
): Record<SplitName, LabelledSplit<I>> {
  const classOf = new Map(labels.map((label, i) => [label, i]));
  const split = (examples: readonly Example<I, string>[]): LabelledSplit<I> => ({
    inputs: examples.map(({ input }) => input),
    classes: Int32Array.from(examples, ({ target }) => classOf.get(target!)!),
    ids: examples.map(({ id }) => id),
  });
  return {
    train: split(evenly(splits.train, limit)),
    validation: split(evenly(splits.validation, limit)),
    test: split(splits.test),
  };
}

/** So many of the examples, from all over, so that data sorted by label still has every label. */
export function evenly<T>(examples: readonly T[], limit = examples.length): readonly T[] {
  if (limit >= examples.length) return examples;
  return Array.from({ length: limit }, (_, i) => examples[Math.floor((i * examples.length) / limit)]!);
}

async function imageShape({ data, imageSize }: DataSettings): Promise<ImageShape> {
  const [pair] = await findIdxFiles(data);
  if (!pair) {
    const size = imageSize ?? defaultImageSize;
    return { height: size, width: size, channels: 3 };
  }
  const { sizes } = await readIdx(pair.images);
  const [, height = defaultImageSize, width = defaultImageSize, channels = 1] = sizes;
  return {
    height: imageSize ?? height,
    width: imageSize ?? width,
    channels: channels === 3 ? 3 : 1,
  };
}
