import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type PolygonImage, paintPolygons, readCocoPolygons } from './coco-polygons.js';
import { TextIndex } from './hash.js';
import { readIdMask, resizedMask } from './id-mask.js';
import { MAX_PIXELS, shaped, visible } from './image-folder.js';
import type { LabelledMaps } from './labelled-maps.js';
import { fileError } from './lines.js';
import { completeSplits, SPLIT_NAMES, type SplitName, splitNamed } from './splits.js';

/** Images with a mask each, found but not yet decoded. */
export interface SegmentationFolder {
  readonly classes: readonly string[];
  /** The id in masks that counts for nothing. */
  readonly ignore: number | undefined;
  readonly items: readonly {
    readonly name: string;
    readonly split: SplitName;
    readonly image: string;
    /** Path of the mask, or the objects to paint. */
    readonly mask: string | PolygonImage;
  }[];
  readonly warnings: readonly string[];
}

export interface SegmentationData {
  readonly splits: Readonly<Record<SplitName, LabelledMaps>>;
  readonly warnings: readonly string[];
  /** SHA-256 of what was decoded. */
  readonly hash: string;
}

const classesSchema = z.object({
  classes: z.array(z.string()).min(2),
  ignore: z.int().min(0).max(255).optional(),
});
const shares = { validation: 0.1, test: 0.2 };
const mostIgnored = 0.99;
const mostBytes = 2 ** 31;
const shown = 5;

/**
 * Finds images and their masks: the folders `images` and `masks` with files of the same names, and `classes.json` with the names
 * of the ids, `{"classes": ["road", "sky"], "ignore": 255}`; or `images` and `annotations.json`, polygons in the format of COCO. There
 * may be train, validation and test folders of that kind; without, examples are held out by the hash of their names.
 *
 * @throws {UserError} when the folder is not of that kind, or has no pair
 */
export async function openSegmentationFolder(folder: string): Promise<SegmentationFolder> {
  const top = await visible(folder);
  const splits = top.filter((entry) => entry.isDirectory() && splitNamed(entry.name)).map(({ name }) => name);
  const parts = splits.length > 0 ? splits : [''];
  const polygons = top.some(({ name }) => name === 'annotations.json')
    ? await readCocoPolygons(join(folder, 'annotations.json'))
    : undefined;
  const { classes, ignore }: z.infer<typeof classesSchema> = polygons
    ? { classes: [...polygons.classes] }
    : await readClasses(join(folder, 'classes.json'));
  const found: { name: string; given: number; image: string; mask: string | PolygonImage }[] = [];
  let unpaired = 0;
  for (const part of parts) {
    const given = part === '' ? -1 : SPLIT_NAMES.indexOf(splitNamed(part)!);
    const images = await visible(join(folder, part, 'images'));
    const stems = polygons ? new Map<string, string>() : await byStem(join(folder, part, 'masks'));
    for (const { name } of images) {
      const stem = stems.get(stemOf(name));
      const mask = polygons?.images.get(name) ?? (stem && join(folder, part, 'masks', stem));
      if (mask === undefined) unpaired++;
      else found.push({ name: join(part, name), given, image: join(folder, part, 'images', name), mask });
    }
  }
  if (found.length === 0) {
    throw new UserError(`no image has a mask: ${folder}`, {
      hint: 'give an image and its mask the same name',
    });
  }
  const index = new TextIndex();
  for (const { name } of found) index.add(name);
  const given = Int32Array.from(found, (item) => item.given);
  const split = completeSplits(given, index.ranks(0), new Int32Array(found.length), 1, shares);
  const warnings = [
    ...(unpaired > 0 ? [`${unpaired} images have no mask and are left out`] : []),
    ...(polygons && polygons.skipped > 0 ? [`${polygons.skipped} run-length masks are left out`] : []),
  ];
  const items = found.map(({ name, image, mask }, i) => ({
    name,
    image,
    mask,
    split: SPLIT_NAMES[split[i]!]!,
  }));
  return { classes, ignore, items, warnings };
}

async function readClasses(path: string): Promise<z.infer<typeof classesSchema>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  try {
    return classesSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`not a list of classes: ${path}`, {
      detail: cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause),
      hint: 'write {"classes": ["road", "sky"], "ignore": 255}: the names of ids 0, 1, ..., and the id that does not count',
      cause,
    });
  }
}

function stemOf(name: string): string {
  return basename(name, extname(name));
}

async function byStem(folder: string): Promise<Map<string, string>> {
  return new Map((await visible(folder)).map(({ name }) => [stemOf(name), name]));
}

/**
 * Decodes a folder's images and masks into memory, all in one size; masks keep their ids, images are numbers from 0 to 255.
 *
 * @throws {UserError} when an image can't be read or has another size than its mask, a mask is not of ids, ids are outside of the
 *   list of classes, only one class occurs, a split is empty, or the images take more than 2 GB
 */
export async function loadSegmentation(
  { classes, ignore, items, warnings }: SegmentationFolder,
  size: { readonly height: number; readonly width: number },
): Promise<SegmentationData> {
  const { height, width } = size;
  const area = height * width;
  if (items.length * area * 12 > mostBytes)
    throw new UserError('images take more than 2 GB', { hint: 'choose a smaller size' });
  const unknown = new Map<number, { pixels: number; first: string }>();
  const unlike: string[] = [];
  const empty: string[] = [];
  const kept: { split: SplitName; pixels: Uint8Array; ids: Uint8Array }[] = [];
  for (const { name, split, image, mask } of items) {
    const source = sharp(image, { limitInputPixels: MAX_PIXELS });
    const { autoOrient } = await source.metadata().catch((cause: unknown) => {
      throw new UserError(`not a readable image: ${image}`, { cause });
    });
    const stored = typeof mask === 'string' ? await readIdMask(mask) : mask;
    if (stored.width !== autoOrient.width || stored.height !== autoOrient.height) {
      unlike.push(
        `${name}: ${autoOrient.width} x ${autoOrient.height}, its mask ${stored.width} x ${stored.height}`,
      );
      continue;
    }
    const ids = 'ids' in stored ? resizedMask(stored, size) : paintPolygons(stored, size);
    for (const [id, pixels] of countIds('ids' in stored ? stored.ids : ids)) {
      if (id < classes.length || id === ignore) continue;
      const seen = unknown.get(id) ?? { pixels: 0, first: name };
      unknown.set(id, { ...seen, pixels: seen.pixels + pixels });
    }
    if (ids.filter((id) => id === ignore).length > mostIgnored * area) empty.push(name);
    else kept.push({ split, ids, pixels: await shaped(source, { height, width, channels: 3 }) });
  }
  if (unlike.length > 0) {
    const detail = unlike.slice(0, shown).join('\n');
    throw new UserError(`images of another size than their masks: ${unlike.length}`, { detail });
  }
  if (unknown.size > 0) {
    throw new UserError(`ids outside of the ${classes.length} classes: ${[...unknown.keys()].join(', ')}`, {
      detail: [...unknown]
        .map(([id, { pixels, first }]) => `  ${id}: ${pixels} pixels, first in ${first}`)
        .join('\n'),
      hint: 'list them in classes.json, or name one as "ignore"',
    });
  }
  const maps = (split: SplitName): LabelledMaps => {
    const own = kept.filter((item) => item.split === split);
    const inputs = new Float32Array(own.length * 3 * area);
    const labels = new Int32Array(own.length * area);
    own.forEach(({ pixels, ids }, n) => {
      for (let i = 0; i < area; i++) {
        labels[n * area + i] = ids[i] === ignore ? classes.length : ids[i]!;
        for (let c = 0; c < 3; c++) inputs[(n * 3 + c) * area + i] = pixels[3 * i + c]!;
      }
    });
    if (own.length === 0) throw new UserError(`no usable image for the ${split} split`);
    return { count: own.length, channels: 3, size: [height, width], classes, inputs, labels };
  };
  const splits = { train: maps('train'), validation: maps('validation'), test: maps('test') };
  const present = new Set(splits.train.labels);
  present.delete(classes.length);
  if (present.size < 2) {
    throw new UserError(
      `only one class occurs in the masks: ${[...present].map((id) => classes[id]).join()}`,
    );
  }
  const more =
    empty.length > 0
      ? [`left out, more than 99 % to ignore: ${empty.slice(0, shown).join(', ')} (${empty.length})`]
      : [];
  const digest = createHash('sha256').update(JSON.stringify([classes, height, width]));
  for (const { split, pixels, ids } of kept) digest.update(split).update(pixels).update(ids);
  return { splits, warnings: [...warnings, ...more], hash: digest.digest('hex') };
}

function countIds(ids: Uint8Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
