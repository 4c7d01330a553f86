import { randomUUID } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
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
export function listUploads(root: string): Upload[] {
  return entriesOf(join(root, 'uploads')).map((name) => entryAt(root, `uploads/${name}`));
}

/** What of the workspace can be learned from: the tables in its folder, and what was uploaded. */
export function listFiles(root: string): Upload[] {
  const tables = entriesOf(root).filter(
    (name) => typeOf(name) !== undefined && lstatSync(join(root, name)).isFile(),
  );
  return [...tables.map((name) => entryAt(root, name)), ...listUploads(root)];
}

function entryAt(root: string, path: string): Upload {
  const file = join(root, path);
  const stats = lstatSync(file);
  const modified = stats.mtime.toISOString();
  if (!stats.isDirectory()) return { path, kind: 'file', bytes: stats.size, modified };
  const inside = sizesBelow(file);
  return {
    path,
    kind: 'folder',
    bytes: inside.reduce((sum, one) => sum + one, 0),
    files: inside.length,
    modified,
  };
}

/** Names in order, without hidden files and links. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory()))
      .map(({ name }) => name)
      .sort();
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
