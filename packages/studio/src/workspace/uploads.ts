import { randomUUID } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Upload, Uploaded } from '../api/index.js';
import { Problem } from '../problems/problem.js';
import { existingPath, writablePath } from './confined.js';
import { beginsAs, startBytes, typeOf, uploadTypes } from './file-types.js';

/** Bytes of one upload. */
export const maxUploadBytes = 200_000_000;
/** A folder of pictures has a folder for each label. */
const maxParts = 3;

/**
 * Keeps an upload in the workspace's `uploads`. It is there as a whole or not at all.
 *
 * @param path its name, or folder, label and name
 * @throws {Problem} when the path is none (403), it is too large (413), of no type that is known or not of the type that its name says
 *   (415)
 */
export async function keepUpload(
  root: string,
  path: string,
  body: AsyncIterable<Uint8Array>,
  limit = maxUploadBytes,
): Promise<Uploaded> {
  const type = typeOf(path);
  if (type === undefined) {
    throw new Problem(
      415,
      `not a type of file that can be used: ${path}`,
      `one of ${uploadTypes.join(', ')}`,
    );
  }
  if (path.split('/').length > maxParts)
    throw new Problem(403, `too deep: ${path}`, 'a name, or folder/label/name');
  const target = writablePath(root, `uploads/${path}`);
  mkdirSync(dirname(target), { recursive: true });
  const temporary = join(dirname(target), `.${randomUUID()}.part`);
  try {
    const bytes = await written(temporary, body, { path, type, limit });
    renameSync(temporary, target);
    return { path: `uploads/${path}`, bytes };
  } catch (error) {
    rmSync(temporary, { force: true });
    if (error instanceof Error && 'code' in error && (error.code === 'EISDIR' || error.code === 'ENOTDIR')) {
      throw new Problem(409, `a folder and a file of one name: ${path}`);
    }
    throw error;
  }
}

async function written(
  file: string,
  body: AsyncIterable<Uint8Array>,
  { path, type, limit }: { readonly path: string; readonly type: string; readonly limit: number },
): Promise<number> {
  const descriptor = openSync(file, 'wx', 0o600);
  let bytes = 0;
  let start = new Uint8Array(0);
  try {
    for await (const part of body) {
      bytes += part.length;
      if (bytes > limit) throw new Problem(413, `too large: ${path}`, `at most ${limit} bytes`);
      if (start.length < startBytes) start = Buffer.concat([start, part]).subarray(0, startBytes);
      for (let done = 0; done < part.length; ) done += writeSync(descriptor, part, done);
    }
  } finally {
    closeSync(descriptor);
  }
  if (!beginsAs(type, start)) throw new Problem(415, `not a file of type ${type}: ${path}`);
  return bytes;
}

/** What was uploaded, by name. */
export function listUploads(folder: string): Upload[] {
  return entriesOf(folder)
    .map((name): Upload => {
      const path = join(folder, name);
      const { mtime } = statSync(path);
      const inside = sizesBelow(path);
      const bytes = inside.reduce((sum, one) => sum + one, 0);
      const common = { path: `uploads/${name}`, bytes, modified: mtime.toISOString() };
      return lstatSync(path).isDirectory()
        ? { ...common, kind: 'folder', files: inside.length }
        : { ...common, kind: 'file' };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Names without hidden files and links. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory()))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function sizesBelow(path: string): number[] {
  const stats = lstatSync(path);
  return stats.isDirectory() ? entriesOf(path).flatMap((name) => sizesBelow(join(path, name))) : [stats.size];
}

/** @throws {Problem} when there is no such upload */
export function removeUpload(root: string, path: string): void {
  rmSync(existingPath(root, `uploads/${path}`), { recursive: true });
}
