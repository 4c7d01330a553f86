import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import sharp from 'sharp';
import { UserError } from '../core/errors.js';
import { type ImageShape, type LabelledImage, shaped } from './image-folder.js';
import { fileError } from './lines.js';
import type { SplitName } from './splits.js';

/** Sizes and values of an IDX file of bytes. */
export interface IdxFile {
  readonly sizes: readonly number[];
  readonly values: Uint8Array;
}

const MAX_BYTES = 1 << 30;
const UNSIGNED_BYTE = 0x08;
const PARTS: readonly { prefix: string; split: SplitName }[] = [
  { prefix: 'train', split: 'train' },
  { prefix: 't10k', split: 'test' },
  { prefix: 'test', split: 'test' },
];

/**
 * Reads an IDX file (LeCun, "The MNIST database"), gzipped or not: two zero bytes, the type, the number of sizes, the
 * sizes (32-bit, big-endian), the values.
 *
 * @throws UserError if it is damaged, larger than 1 GB, or holds anything but bytes
 */
export async function readIdx(path: string): Promise<IdxFile> {
  const bytes = await readUnzipped(path);
  const fail = (why: string): never => {
    throw new UserError(`not a readable IDX file: ${path}`, { detail: why });
  };
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0) return fail('it does not begin with two zero bytes');
  if (bytes[2] !== UNSIGNED_BYTE)
    return fail(`values of type 0x${bytes[2]!.toString(16)}; only bytes are read`);
  const rank = bytes[3]!;
  const start = 4 + 4 * rank;
  if (bytes.length < start) return fail('it ends within the header');
  const sizes = Array.from({ length: rank }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const length = sizes.reduce((product, size) => product * size, 1);
  if (bytes.length - start !== length) {
    return fail(`sizes ${sizes.join(' x ')} need ${length} values, found ${bytes.length - start}`);
  }
  return { sizes, values: new Uint8Array(bytes.buffer, bytes.byteOffset + start, length) };
}

async function readUnzipped(path: string): Promise<Buffer> {
  try {
    const bytes = await readFile(path);
    const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return zipped ? await promisify(gunzip)(bytes, { maxOutputLength: MAX_BYTES }) : bytes;
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** The images and labels files of MNIST and its kin in a folder, by split. */
export async function findIdxFiles(
  folder: string,
): Promise<{ split: SplitName; images: string; labels: string }[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw fileError(folder, cause);
  });
  return PARTS.flatMap(({ prefix, split }) => {
    const find = (kind: string): string | undefined =>
      names.find((name) => new RegExp(`^${prefix}-${kind}[-.]idx\\d-ubyte(\\.gz)?$`).test(name));
    const images = find('images');
    const labels = find('labels');
    if (images === undefined || labels === undefined) return [];
    return [{ split, images: join(folder, images), labels: join(folder, labels) }];
  });
}

/**
 * The images of a pair of IDX files (number x height x width, or with channels last) with their labels, resized if
 * they have another shape.
 *
 * @throws UserError if the files don't belong together
 */
export async function* readIdxImages(
  files: { readonly split: SplitName; readonly images: string; readonly labels: string },
  shape: ImageShape,
): AsyncGenerator<LabelledImage> {
  const images = await readIdx(files.images);
  const labels = await readIdx(files.labels);
  const [count, height, width, channels = 1] = images.sizes;
  if (
    count === undefined ||
    height === undefined ||
    width === undefined ||
    (channels !== 1 && channels !== 3)
  ) {
    throw new UserError(`not an IDX file of images: ${files.images}`, { detail: images.sizes.join(' x ') });
  }
  if (labels.sizes.length !== 1 || labels.sizes[0] !== count) {
    throw new UserError(`images and labels differ in number: ${count} and ${labels.sizes.join(' x ')}`, {
      detail: `${files.images}\n${files.labels}`,
    });
  }
  const size = height * width * channels;
  const asIs = height === shape.height && width === shape.width && channels === shape.channels;
  for (let i = 0; i < count; i++) {
    const raw = images.values.subarray(i * size, (i + 1) * size);
    const pixels = asIs ? raw : await shaped(sharp(raw, { raw: { height, width, channels } }), shape);
    yield { id: `${files.split}:${i + 1}`, label: String(labels.values[i]), split: files.split, pixels };
  }
}
