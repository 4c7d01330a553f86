import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from 'tutelage/papers';
import { nodeFileSystem as fs, readTaughtRecord } from 'tutelage/runs';
import type { Taught, TaughtSummary } from '../api/index.js';
import { found } from '../problems/problem.js';
import { isShown } from './shown-file.js';

/** What methods wrote is no deeper, and not more. */
const maxDepth = 4;
const maxFiles = 500;

/** All that methods have written from the user's data, the latest first. */
export function listTaught(folder: string): TaughtSummary[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => summaryOf(folder, name) ?? [])
    .sort((a, b) => (a.updated < b.updated ? 1 : -1));
}

/** @throws {Problem} when there is nothing of that name */
export function readTaught(folder: string, id: string): Taught {
  const isName = entriesOf(folder).some(({ name }) => name === id);
  const summary = found(isName ? summaryOf(folder, id) : undefined, `result: ${id}`);
  const record = readTaughtRecord(fs, join(folder, id));
  const all = filesBelow(join(folder, id));
  const students = studentsAmong(all);
  const files = all.filter((path) => isResult(path) && !students.some((one) => path.startsWith(`${one}/`)));
  return defined<Taught>({
    ...summary,
    folder: `taught/${id}`,
    lines: [...(record?.lines ?? [])],
    settings: record?.settings ?? {},
    seed: record?.seed,
    students: students.map((path) => studentId(id, path)),
    files: files.map((path) => ({
      path,
      bytes: statSync(join(folder, id, path)).size,
      isShown: isShown(path),
    })),
  });
}

/** Folders of all students that methods have written: path parts below `taught`. */
export function taughtStudents(folder: string): string[] {
  return listTaught(folder).flatMap(({ id }) =>
    studentsAmong(filesBelow(join(folder, id))).map((path) => studentId(id, path)),
  );
}

/** What is kept to go on with, and what is shown otherwise, is no result. */
function isResult(path: string): boolean {
  return !path.startsWith('trials/') && path !== 'taught.json';
}

const prefix = 'taught:';

/** A student's id: path parts after `taught`, with colons, which no path in the workspace has. */
function studentId(id: string, path: string): string {
  return prefix + [id, ...path.split('/')].join(':');
}

/** The result that a student belongs to, and its path in the workspace; undefined for an id of another kind. */
export function taughtPlace(id: string): { readonly result: string; readonly folder: string } | undefined {
  if (!id.startsWith(prefix)) return undefined;
  const parts = id.slice(prefix.length).split(':');
  return { result: parts[0]!, folder: ['taught', ...parts].join('/') };
}

const marker = '/student.json';

function studentsAmong(files: readonly string[]): string[] {
  return files.filter((path) => path.endsWith(marker)).map((path) => path.slice(0, -marker.length));
}

function summaryOf(folder: string, id: string): TaughtSummary | undefined {
  const inside = join(folder, id);
  const times = filesBelow(inside).map((path) => statSync(join(inside, path)).mtimeMs);
  if (times.length === 0) return undefined;
  const record = readTaughtRecord(fs, inside);
  return defined<TaughtSummary>({
    id,
    method: record?.method,
    data: record?.data,
    isWhole: record?.isWhole,
    updated: new Date(Math.max(...times)).toISOString(),
  });
}

/** Paths with forward slashes of the files in a folder, without hidden ones and links: first those of the folder itself. */
function filesBelow(folder: string, depth = 1): string[] {
  const entries = entriesOf(folder);
  const own = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const deeper = depth === maxDepth ? [] : entries.filter((entry) => entry.isDirectory());
  const below = deeper.flatMap(({ name }) =>
    filesBelow(join(folder, name), depth + 1).map((path) => `${name}/${path}`),
  );
  return [...own, ...below].slice(0, maxFiles);
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}
