import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { explained } from '../runs/file-errors.js';
import { buildApproximate, loadApproximate } from './approximate.js';
import { exactSearch } from './exact.js';
import { countVectors, type VectorSearch, type Vectors } from './vectors.js';

const indexSchema = z.object({
  width: z.int().min(1),
  ids: z.array(z.string()),
  search: z.enum(['exact', 'approximate']),
  sha256: z.string(),
});

/** A collection's vectors and the ids of its rows, ready to be searched. */
export interface SavedIndex {
  readonly width: number;
  /** Of each row. */
  readonly ids: readonly string[];
  readonly search: VectorSearch;
}

const fileOf = { exact: 'vectors.f32', approximate: 'graph.usearch' } as const;

/**
 * Writes vectors into a folder so that they can be searched later: `index.json`, and `vectors.f32` (little-endian float32) or, for
 * approximate search, `graph.usearch`.
 *
 * @param ids one for each vector
 * @throws {UserError} when vectors are not finite, or files can't be written
 */
export async function saveIndex(
  folder: string,
  ids: readonly string[],
  vectors: Vectors,
  search: 'exact' | 'approximate',
): Promise<void> {
  const count = countVectors(vectors);
  if (ids.length !== count) throw new RangeError(`${ids.length} ids for ${count} vectors`);
  const path = join(folder, fileOf[search]);
  const graph = search === 'approximate' ? await buildApproximate(vectors) : undefined;
  explained('write an index', folder, () => {
    mkdirSync(folder, { recursive: true });
    const { buffer, byteOffset, byteLength } = vectors.data;
    if (graph) graph.save(path);
    else writeFileSync(path, new Uint8Array(buffer, byteOffset, byteLength));
    const index: z.output<typeof indexSchema> = {
      width: vectors.width,
      ids: [...ids],
      search,
      sha256: hashOf(readFileSync(path)),
    };
    writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
  });
}

/**
 * Opens an index for searching.
 *
 * @throws {UserError} when there is none, or it is damaged
 */
export async function openIndex(folder: string): Promise<SavedIndex> {
  const about = join(folder, 'index.json');
  const text = explained('read an index', about, () => readFileSync(about, 'utf8'));
  const { width, ids, search, sha256 } = parsed(text, about);
  const path = join(folder, fileOf[search]);
  const bytes = explained('read an index', path, () => readFileSync(path));
  if (hashOf(bytes) !== sha256) throw damaged(path);
  if (search === 'approximate') return { width, ids, search: await loadApproximate(path, width) };
  if (bytes.length !== ids.length * width * Float32Array.BYTES_PER_ELEMENT) throw damaged(path);
  const data = new Float32Array(ids.length * width);
  new Uint8Array(data.buffer).set(bytes);
  return { width, ids, search: exactSearch({ data, width }) };
}

function parsed(text: string, path: string): z.output<typeof indexSchema> {
  try {
    return indexSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause?: unknown): UserError {
  return new UserError(`not an index, or damaged: ${path}`, { hint: 'build the index again', cause });
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
