import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { UserError } from '../core/errors.js';
import { fileError } from './lines.js';
import type { RejectedRow } from './rejected.js';
import { type SplitName, splitNamed } from './splits.js';

/** Height and width in pixels; 1 channel is grey, 3 are red, green, blue. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** An image with its label; `pixels` is height x width x channels, each 0 to 255. */
export interface LabelledImage {
  readonly id: string;
  readonly label: string;
  readonly split: SplitName | undefined;
  readonly pixels: Uint8Array;
}

/** A larger image is rejected before it is decoded. */
export const MAX_PIXELS = 1 << 26;

const FORMATS = new Set(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif']);
const AT_ONCE = 4;

interface ImageFile {
  readonly path: string;
  readonly source: string;
  readonly row: number;
  readonly label: string;
  readonly split: SplitName | undefined;
}

/**
 * The images of a folder that has a folder for each class, or train, validation and test folders that have. Each image
 * is turned upright, laid on white where transparent, and stretched to the shape. Files come in the order of their
 * names; hidden ones are skipped.
 *
 * @throws UserError if the folder can't be read or has no class folders
 */
export async function* readImageFolder(
  folder: string,
  shape: ImageShape,
): AsyncGenerator<LabelledImage | RejectedRow> {
  const files = await listImages(folder);
  for (let i = 0; i < files.length; i += AT_ONCE) {
    yield* await Promise.all(files.slice(i, i + AT_ONCE).map((file) => readImage(file, shape)));
  }
}

async function listImages(folder: string): Promise<ImageFile[]> {
  const top = await foldersIn(folder);
  if (top.length === 0) {
    throw new UserError(`no class folders: ${folder}`, {
      hint: 'put the images of each class in a folder that has the name of the class',
    });
  }
  const files: ImageFile[] = [];
  const addClasses = async (names: readonly string[], within: string, split: SplitName | undefined) => {
    for (const label of names) {
      for (const name of await visible(join(folder, within, label))) {
        const source = join(within, label, name.name);
        files.push({ path: join(folder, source), source, row: files.length + 1, label, split });
      }
    }
  };
  if (top.every((name) => splitNamed(name) !== undefined)) {
    for (const name of top) await addClasses(await foldersIn(join(folder, name)), name, splitNamed(name));
  } else {
    await addClasses(top, '', undefined);
  }
  return files;
}

/** What a folder holds, in the order of names, without hidden files. */
export async function visible(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw fileError(folder, cause);
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  return (await visible(folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function readImage(file: ImageFile, shape: ImageShape): Promise<LabelledImage | RejectedRow> {
  const { path, source, row, label, split } = file;
  try {
    const image = sharp(path, { limitInputPixels: MAX_PIXELS });
    const { format } = await image.metadata();
    if (!FORMATS.has(format)) return { source, row, reason: `image format is not read: ${format}`, raw: '' };
    return { id: source, label, split, pixels: await shaped(image, shape) };
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    return { source, row, reason: `not a readable image: ${reason}`, raw: '' };
  }
}

/** The pixels of an image in a shape, as height x width x channels. */
export async function shaped(image: Sharp, shape: ImageShape): Promise<Uint8Array> {
  const { height, width, channels } = shape;
  const pixels = await image
    .autoOrient()
    .flatten({ background: 'white' })
    .resize(width, height, { fit: 'fill' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
  return new Uint8Array(pixels);
}
