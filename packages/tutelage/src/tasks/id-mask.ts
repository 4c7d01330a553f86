import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { UserError } from '../core/errors.js';
import { MAX_PIXELS } from './image-folder.js';

/** A mask as it is stored: the id of each pixel, row by row. */
export interface IdMask {
  readonly height: number;
  readonly width: number;
  readonly ids: Uint8Array;
}

const lossless = new Set(['png', 'webp', 'tiff', 'gif']);

/**
 * Reads a mask: a grey image whose levels are ids, or one with a palette whose places are.
 *
 * @throws {UserError} when it can't be read, is a JPEG, or holds colours in place of ids
 */
export async function readIdMask(path: string): Promise<IdMask> {
  const bytes = await readFile(path);
  const image = sharp(bytes, { limitInputPixels: MAX_PIXELS });
  const meta = await image.metadata().catch((cause: unknown) => {
    throw new UserError(`not a readable mask: ${path}`, { cause });
  });
  if (!lossless.has(meta.format)) {
    throw new UserError(`masks can't be ${meta.format}: ${path}`, {
      hint: 'it makes levels between the ids; save masks as PNG',
    });
  }
  if (meta.depth !== 'uchar')
    throw new UserError(`mask of more than 8 bits: ${path}`, { detail: meta.depth });
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const palette = meta.format === 'png' ? paletteOf(bytes) : undefined;
  const ids = new Uint8Array(width * height);
  // Levels of less than 8 bits come spread over the whole range.
  const spread = channels < 3 && !palette ? 255 / (2 ** Math.min(8, meta.bitsPerSample ?? 8) - 1) : 1;
  for (let i = 0; i < ids.length; i++) {
    const at = i * channels;
    if (channels < 3) {
      ids[i] = Math.round(data[at]! / spread);
      continue;
    }
    const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!];
    const id = palette ? palette.get(colour(r, g, b)) : r === g && g === b ? r : undefined;
    if (id === undefined) {
      throw new UserError(`mask of colours: ${path}`, {
        detail: `(${r}, ${g}, ${b}) at row ${Math.floor(i / width)}, column ${i % width}`,
        hint: 'save the id of each pixel as its grey level, or use a palette',
      });
    }
    ids[i] = id;
  }
  return { height, width, ids };
}

function colour(r: number, g: number, b: number): number {
  return (r << 16) | (g << 8) | b;
}

/** Places in the palette of a PNG by colour; none if it has no palette, or one in which colours repeat. */
function paletteOf(png: Buffer): ReadonlyMap<number, number> | undefined {
  for (let at = 8; at + 8 <= png.length; ) {
    const size = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    if (name === 'IDAT') return undefined;
    if (name === 'PLTE') {
      const places = new Map<number, number>();
      for (let i = 0; i < Math.floor(size / 3); i++) {
        const [r, g, b] = png.subarray(at + 8 + 3 * i);
        const own = colour(r ?? 0, g ?? 0, b ?? 0);
        if (!places.has(own)) places.set(own, i);
      }
      return places;
    }
    at += 12 + size;
  }
  return undefined;
}

/** The mask in another size: of each pixel the nearest. */
export function resizedMask(
  { height, width, ids }: IdMask,
  to: { height: number; width: number },
): Uint8Array {
  const near = (i: number, from: number, size: number) => Math.floor(((i + 0.5) * from) / size);
  return Uint8Array.from({ length: to.height * to.width }, (_, i) => {
    const row = near(Math.floor(i / to.width), height, to.height);
    return ids[row * width + near(i % to.width, width, to.width)]!;
  });
}
