import { createHash } from 'node:crypto';
import { UserError } from '../core/errors.js';
import type { Example } from '../core/example.js';
import { datasetWarnings } from './dataset-warnings.js';
import { type DuplicateReport, findDuplicates } from './duplicates.js';
import { TextIndex } from './hash.js';
import { findIdxFiles, readIdxImages } from './idx.js';
import { type ImageShape, type LabelledImage, MAX_PIXELS, readImageFolder } from './image-folder.js';
import { sortedLabels } from './labels.js';
import { checkRejected, openRejectLog, type RejectSummary } from './rejected.js';
import {
  checkedShares,
  completeSplits,
  countLabels,
  type Shares,
  SPLIT_NAMES,
  type SplitName,
} from './splits.js';

export interface ImageOptions {
  /** All images are brought to this shape. */
  readonly shape: ImageShape;
  /** What to hold out of the training data for the splits that are not given; 0.1 and 0.1 if not given. */
  readonly shares?: Shares;
  /** Another seed holds out other examples. */
  readonly seed?: number;
  /** Where to write the files that can't be used. */
  readonly rejectedPath?: string;
  /** The share of files that may be rejected before reading fails, in [0, 1]; 0.05 if not given. */
  readonly maxRejectedShare?: number;
}

export interface ImageData {
  readonly shape: ImageShape;
  /** In ascending order (numeric if all are numbers); a label's index is its class. */
  readonly labels: readonly string[];
  /** Inputs are pixels, height x width x channels, each 0 to 255. */
  readonly splits: Readonly<Record<SplitName, readonly Example<Uint8Array, string>[]>>;
  readonly rejected: RejectSummary;
  readonly duplicates: DuplicateReport;
  readonly warnings: readonly string[];
  /** SHA-256 of all usable images in order: given split, label and pixels. */
  readonly hash: string;
}

const MAX_BYTES = 2 ** 32;

/**
 * Reads labelled images into memory: a folder with a folder for each class (which may be in train, validation and test
 * folders), or a folder with the IDX files of MNIST and its kin.
 *
 * @throws UserError if the folder can't be read, too many files can't be used, there are not two labels, or the pixels
 *   would take more than 4 GB
 */
export async function readImages(folder: string, options: ImageOptions): Promise<ImageData> {
  const { shape } = options;
  const shares = checkedShares(options.shares);
  const bytes = checkedShape(shape);
  const log = openRejectLog(options.rejectedPath);
  const images: LabelledImage[] = [];
  const index = new TextIndex();
  const firsts: number[] = [];
  const digest = createHash('sha256');
  let total = 0;
  let rejected: RejectSummary;
  try {
    for await (const image of read(folder, shape)) {
      total++;
      if ('reason' in image) {
        log.add(image);
        continue;
      }
      images.push(image);
      if (images.length * bytes > MAX_BYTES) {
        throw new UserError(`images take more than 4 GB: ${folder}`, { hint: 'choose a smaller shape' });
      }
      const content = createHash('sha256').update(image.pixels).digest('hex');
      firsts.push(index.add(content));
      digest.update(`${JSON.stringify([image.split ?? null, image.label, content])}\n`);
    }
  } finally {
    rejected = log.close();
  }
  checkRejected(rejected, total, options.maxRejectedShare ?? 0.05);

  const labels = sortedLabels([...new Set(images.map(({ label }) => label))], folder);
  const classOf = new Map(labels.map((label, i) => [label, i]));
  const classes = Int32Array.from(images, ({ label }) => classOf.get(label)!);
  const given = Int32Array.from(images, ({ split }) =>
    split === undefined ? -1 : SPLIT_NAMES.indexOf(split),
  );
  const splits = completeSplits(given, index.ranks(options.seed ?? 0), classes, labels.length, shares);
  const duplicates = findDuplicates(Int32Array.from(firsts), classes, splits, (i) => images[i]!.id);
  const counts = countLabels(classes, splits, labels.length);
  const examples = (split: number): Example<Uint8Array, string>[] =>
    images
      .filter((_, i) => splits[i] === split)
      .map(({ id, pixels, label }) => ({ id, input: pixels, target: label }));
  return {
    shape,
    labels,
    splits: { train: examples(0), validation: examples(1), test: examples(2) },
    rejected,
    duplicates,
    warnings: datasetWarnings({ labels, counts, duplicates, rejected, columns: new Map() }),
    hash: digest.digest('hex'),
  };
}

async function* read(folder: string, shape: ImageShape): ReturnType<typeof readImageFolder> {
  const pairs = await findIdxFiles(folder);
  if (pairs.length === 0) yield* readImageFolder(folder, shape);
  for (const pair of pairs) yield* readIdxImages(pair, shape);
}

/** Bytes of an image. */
function checkedShape({ height, width, channels }: ImageShape): number {
  const whole = Number.isInteger(height) && Number.isInteger(width);
  if (!whole || height < 1 || width < 1 || height * width > MAX_PIXELS) {
    throw new UserError(`impossible image size: ${height} x ${width}`);
  }
  return height * width * channels;
}
