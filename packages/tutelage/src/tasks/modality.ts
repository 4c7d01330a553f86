import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import sharp from 'sharp';
import { UserError } from '../core/errors.js';
import type { ModalityShape } from '../models/fusion.js';
import { MAX_PIXELS, shaped, visible } from './image-folder.js';
import { logMel } from './log-mel.js';
import { openTable } from './table.js';
import { decodeWav } from './wav.js';

/** What one modality gives for each id. */
export interface Modality {
  readonly kind: 'images' | 'sounds' | 'vectors';
  readonly shape: ModalityShape;
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** Height and width that images are brought to. */
const imageSide = 28;
/** Bands, and columns, of a sound's picture. */
const melSide = 24;
const images = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff']);

/**
 * Reads a modality: a folder of images (brought to 28 x 28 pixels of three colours) or of WAV files (their log-mel pictures, 24
 * bands by 24 columns), whose names without ending are ids; or a table whose column `id` names the rows and whose other columns are
 * numbers.
 *
 * @throws {UserError} when it can't be read, holds two kinds of files, or gives an id twice
 */
export async function readModality(path: string, isFolder: boolean): Promise<Modality> {
  if (!isFolder) return readVectors(path);
  const files = (await visible(path)).filter((entry) => entry.isFile()).map(({ name }) => name);
  const endings = new Set(files.map((name) => kindOf(name)));
  const [kind] = endings;
  if (endings.size !== 1 || kind === undefined) {
    const odd = files.find((name) => kindOf(name) === undefined) ?? files[0] ?? 'none';
    throw new UserError(`a folder of images or of WAV files is needed: ${path}`, {
      detail: `files such as ${odd}`,
    });
  }
  const values = new Map<string, Float32Array>();
  for (const name of files) {
    const read = kind === 'sounds' ? readSound : readPicture;
    put(values, name.slice(0, -extname(name).length), await read(join(path, name)), path);
  }
  const shape = kind === 'sounds' ? ([1, melSide, melSide] as const) : ([3, imageSide, imageSide] as const);
  return { kind, shape, values };
}

function kindOf(name: string): 'images' | 'sounds' | undefined {
  const ending = extname(name).toLowerCase();
  if (ending === '.wav') return 'sounds';
  return images.has(ending) ? 'images' : undefined;
}

function put(values: Map<string, Float32Array>, id: string, own: Float32Array, path: string): void {
  if (values.has(id)) throw new UserError(`an id occurs twice: ${id}: ${path}`);
  values.set(id, own);
}

async function readSound(path: string): Promise<Float32Array> {
  return logMel(decodeWav(await readFile(path), path), melSide, melSide);
}

/** Planes of red, green and blue, each 0 to 1. */
async function readPicture(path: string): Promise<Float32Array> {
  const [height, width] = [imageSide, imageSide];
  const pixels = await shaped(sharp(path, { limitInputPixels: MAX_PIXELS }), {
    height,
    width,
    channels: 3,
  }).catch((cause: unknown) => {
    throw new UserError(`not a readable image: ${path}`, { cause });
  });
  const area = height * width;
  return Float32Array.from(pixels, (_, i) => pixels[3 * (i % area) + Math.floor(i / area)]! / 255);
}

async function readVectors(path: string): Promise<Modality> {
  const table = await openTable(path);
  if (!table.columns.includes('id')) {
    throw new UserError(`no column id: ${path}`, {
      detail: `columns: ${table.columns.slice(0, 20).join(', ')}`,
    });
  }
  const columns = table.columns.filter((name) => name !== 'id');
  if (columns.length === 0) throw new UserError(`no columns of numbers: ${path}`);
  const values = new Map<string, Float32Array>();
  for await (const batch of table.rows(['id', ...columns])) {
    for (const row of batch) {
      if ('problem' in row)
        throw new UserError(`not a readable row: ${path}, row ${row.row}: ${row.problem}`);
      const [id, ...cells] = row.cells;
      if (typeof id !== 'string') throw new UserError(`a row without id: ${path}, row ${row.row}`);
      const numbers = cells.map((cell) =>
        typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : Number.NaN,
      );
      const bad = numbers.findIndex((number) => !Number.isFinite(number));
      if (bad >= 0) {
        throw new UserError(
          `not a number: ${path}, row ${row.row}, column ${columns[bad]}: ${JSON.stringify(cells[bad])}`,
        );
      }
      put(values, id, Float32Array.from(numbers), path);
    }
  }
  return { kind: 'vectors', shape: [columns.length], values };
}
