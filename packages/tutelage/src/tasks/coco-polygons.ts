import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { fileError } from './lines.js';

const schema = z.object({
  images: z.array(
    z.object({
      id: z.int(),
      file_name: z.string(),
      width: z.int().positive(),
      height: z.int().positive(),
    }),
  ),
  annotations: z.array(
    z.object({
      image_id: z.int(),
      category_id: z.int(),
      area: z.number().optional(),
      /** Polygons, each x and y of its corners in turn; a run-length mask is an object. */
      segmentation: z.union([z.array(z.array(z.number())), z.object({})]),
    }),
  ),
  categories: z.array(z.object({ id: z.int(), name: z.string() })),
});

/** What is known of an image: its size, and its objects as polygons, the largest first. */
export interface PolygonImage {
  readonly width: number;
  readonly height: number;
  readonly objects: readonly { readonly label: number; readonly polygons: readonly (readonly number[])[] }[];
}

export interface PolygonFile {
  /** `background`, then the categories in the order of their ids. */
  readonly classes: readonly string[];
  readonly images: ReadonlyMap<string, PolygonImage>;
  /** Objects that are run-length masks, which are not read. */
  readonly skipped: number;
}

/**
 * Reads annotations in the format of COCO.
 *
 * @throws {UserError} when the file can't be read or names a category or image that it does not state
 */
export async function readCocoPolygons(path: string): Promise<PolygonFile> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  let file: z.infer<typeof schema>;
  try {
    file = schema.parse(JSON.parse(text));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new UserError(`not annotations in the format of COCO: ${path}`, { detail, cause });
  }
  const categories = file.categories.toSorted((a, b) => a.id - b.id);
  const labels = new Map(categories.map(({ id }, i) => [id, i + 1]));
  const objects = new Map(
    file.images.map(({ id }) => [id, [] as { label: number; area: number; polygons: number[][] }[]]),
  );
  let skipped = 0;
  for (const [i, { image_id, category_id, area = 0, segmentation }] of file.annotations.entries()) {
    const label = labels.get(category_id);
    const own = objects.get(image_id);
    if (label === undefined || own === undefined) {
      const what = label === undefined ? `category: ${category_id}` : `image: ${image_id}`;
      throw new UserError(`annotation ${i} is of an unknown ${what}: ${path}`);
    }
    if (Array.isArray(segmentation)) own.push({ label, area, polygons: segmentation });
    else skipped++;
  }
  const images = file.images.map(({ id, file_name, width, height }) => {
    const sorted = objects.get(id)!.toSorted((a, b) => b.area - a.area);
    return [file_name, { width, height, objects: sorted }] as const;
  });
  return { classes: ['background', ...categories.map(({ name }) => name)], images: new Map(images), skipped };
}

/** Paints an image's objects, each over those before it, in any size: a pixel belongs to what its centre lies in. */
export function paintPolygons(image: PolygonImage, to: { height: number; width: number }): Uint8Array {
  const ids = new Uint8Array(to.height * to.width);
  for (const { label, polygons } of image.objects) {
    for (const polygon of polygons) {
      for (let row = 0; row < to.height; row++) {
        const y = ((row + 0.5) * image.height) / to.height;
        const crossings = crossingsAt(polygon, y).map((x) => (x * to.width) / image.width - 0.5);
        for (let i = 0; i + 1 < crossings.length; i += 2) {
          const start = Math.max(0, Math.ceil(crossings[i]!));
          const end = Math.min(to.width, Math.ceil(crossings[i + 1]!));
          if (start < end) ids.fill(label, row * to.width + start, row * to.width + end);
        }
      }
    }
  }
  return ids;
}

/** Where the edges of a polygon cross a horizontal line, from left to right. */
function crossingsAt(polygon: readonly number[], y: number): number[] {
  const corners = Math.floor(polygon.length / 2);
  const found: number[] = [];
  for (let i = 0; i < corners; i++) {
    const j = (i + 1) % corners;
    const [x1, y1, x2, y2] = [polygon[2 * i]!, polygon[2 * i + 1]!, polygon[2 * j]!, polygon[2 * j + 1]!];
    if (y1 <= y !== y2 <= y) found.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  }
  return found.sort((a, b) => a - b);
}
