import { basename, dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { writeFileAtomic } from './atomic.js';
import { errorCode, explained } from './file-errors.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { assertJson, type JsonObject, type JsonValue } from './json.js';
import { acquireLock, lockOwner } from './lock.js';
import { sha256 } from './manifest.js';
import { readStatus, type Status, writeStatus } from './status.js';

/** A run: a folder with `config.json`, `status.json`, `metrics.jsonl`, `checkpoints/` and `student/`. */
export interface Run {
  /** The absolute path of the folder, whose name is the run's id. */
  readonly path: string;
  readonly id: string;
  readonly name: string;
  readonly config: JsonObject;
  /** When it was created: ISO 8601, UTC. */
  readonly created: string;
}

/** A run as a list shows it. A run whose process was killed is shown as paused: it can be resumed. */
export interface RunSummary extends Status {
  readonly id: string;
  readonly path: string;
}

const configSchema = z.object({
  name: z.string(),
  created: z.string(),
  config: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null),
});

export const configFile = (path: string): string => join(path, 'config.json');
export const metricsFile = (path: string): string => join(path, 'metrics.jsonl');
export const checkpointsFolder = (path: string): string => join(path, 'checkpoints');
export const studentFolder = (path: string): string => join(path, 'student');

/** The command that resumes a run, quoted for the shell where needed. */
export function resumeCommand(path: string): string {
  const shown = relative('', path) || '.';
  return `tutelage resume ${/^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`}`;
}

/** A name as a part of a folder name: lower-case ASCII letters, digits and dashes, at most 48 of them. */
export function slug(name: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Mark}/gu, '')
    .replace(/[^a-z0-9]+/g, '-');
  return words.slice(0, 48).replace(/^-+|-+$/g, '') || 'run';
}

/** The same text for configurations that differ in the order of their keys only. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_key, part: JsonValue) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Makes a folder and those above it, where they are not there yet, durably. */
export function makeFolders(fs: FileSystem, path: string): void {
  if (fs.kind(path) !== 'absent') return;
  makeFolders(fs, dirname(path));
  try {
    fs.makeFolder(path);
    fs.syncFolder(dirname(path));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function makeUniqueFolder(fs: FileSystem, wanted: string): string {
  for (let count = 1; ; count++) {
    const path = count === 1 ? wanted : `${wanted}-${count}`;
    try {
      fs.makeFolder(path);
      return path;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

/**
 * Makes the folder of a new run under `root`, such as `2026-11-22-distil-mnist-3f9a1c`: the date, the name, and the
 * start of the configuration's SHA-256, so that runs of one experiment stand together and a changed one is seen.
 *
 * @param now the time, for the date; UTC.
 * @throws {UserError} when the configuration is more than JSON holds, or the folder can't be written to.
 */
export function createRun(
  options: { readonly root: string; readonly name: string; readonly config: JsonObject; readonly now?: Date },
  fs: FileSystem = nodeFileSystem,
): Run {
  const { name, config, now = new Date() } = options;
  const root = resolve(options.root);
  assertJson(config, 'config');
  const created = now.toISOString();
  const hash = sha256(canonical(config)).slice(0, 6);
  const path = explained('create the run', root, () => {
    makeFolders(fs, root);
    const folder = makeUniqueFolder(fs, join(root, `${created.slice(0, 10)}-${slug(name)}-${hash}`));
    fs.makeFolder(checkpointsFolder(folder));
    fs.syncFolder(root);
    return folder;
  });
  writeFileAtomic(fs, configFile(path), `${JSON.stringify({ name, created, config }, undefined, 2)}\n`);
  writeStatus(fs, path, { name, state: 'created', step: 0, total: 0, started: created, updated: created });
  return { path, id: basename(path), name, config, created };
}

/**
 * The run in the folder `path`, made if it is not there yet: for parts of a run, whose folders have fixed names.
 *
 * @throws {UserError} when the folder can't be written to, or its `config.json` is damaged.
 */
export function createRunAt(
  path: string,
  name: string,
  config: JsonObject,
  fs: FileSystem = nodeFileSystem,
): Run {
  const isNew = explained('create a part of the run', path, () => {
    if (fs.kind(configFile(path)) === 'file') return false;
    makeFolders(fs, path);
    return true;
  });
  if (isNew) {
    const content = { name, created: new Date().toISOString(), config };
    writeFileAtomic(fs, configFile(path), `${JSON.stringify(content, undefined, 2)}\n`);
  }
  return openRun(path, fs);
}

/**
 * Opens the run in a folder.
 *
 * @throws {UserError} when the folder is not a run, or its `config.json` is damaged.
 */
export function openRun(path: string, fs: FileSystem = nodeFileSystem): Run {
  const folder = resolve(path);
  const file = configFile(folder);
  const text = explained('open the run', file, () =>
    fs.kind(file) === 'file' ? new TextDecoder().decode(fs.read(file)) : undefined,
  );
  if (text === undefined) {
    throw new UserError(`not a run: ${path}`, {
      hint: 'give the folder of a run: the one with config.json and checkpoints/',
    });
  }
  let content: z.infer<typeof configSchema>;
  try {
    content = configSchema.parse(JSON.parse(text));
  } catch {
    const inner = join(path, 'run');
    if (fs.kind(configFile(inner)) === 'file') {
      throw new UserError(`not a run: ${path}`, { hint: `its run is the folder in it: ${inner}` });
    }
    throw new UserError(`damaged configuration: ${file}`, {
      hint: 'restore it from a copy, or start a new run',
    });
  }
  return { path: folder, id: basename(folder), ...content };
}

function isFree(fs: FileSystem, path: string): boolean {
  try {
    return lockOwner(fs, path) === undefined;
  } catch {
    // One run that can't be read, or is just being deleted, is no reason to list none.
    return false;
  }
}

/** The run in a folder as a list shows it, or `undefined` if there is none that can be read. */
export function runSummary(path: string, fs: FileSystem = nodeFileSystem): RunSummary | undefined {
  const status = readStatus(fs, path);
  if (status === undefined) return undefined;
  const wasKilled = status.state === 'running' && isFree(fs, path);
  return { id: basename(path), path, ...status, state: wasKilled ? 'paused' : status.state };
}

/**
 * The runs under `root`, the latest first, from one small file each. Folders that are not runs are left out; a root
 * that is not there yet has no runs.
 *
 * @throws {UserError} when the root can't be read.
 */
export function listRuns(root: string, fs: FileSystem = nodeFileSystem): RunSummary[] {
  const folder = resolve(root);
  if (fs.kind(folder) === 'absent') return [];
  const summaries = explained('list the runs', folder, () => fs.list(folder))
    .filter((id) => !id.startsWith('.'))
    .flatMap((id) => runSummary(join(folder, id), fs) ?? []);
  const key = ({ started, id }: RunSummary): string => `${started} ${id}`;
  return summaries.sort((a, b) => (key(a) < key(b) ? 1 : -1));
}

/**
 * Deletes the run `id` under `root`, and nothing else: not what a link points to, not a folder that is no run, not a
 * run that a process holds.
 *
 * @throws {UserError} when it is one of these, or can't be deleted.
 */
export function deleteRun(root: string, id: string, fs: FileSystem = nodeFileSystem): void {
  const path = join(resolve(root), id);
  explained('delete the run', path, () => {
    if (id !== basename(path) || fs.kind(path) !== 'folder' || fs.kind(configFile(path)) !== 'file') {
      throw new UserError(`not a run: ${id}`, { hint: `give the name of a folder in ${root}` });
    }
    const lock = acquireLock(fs, path);
    try {
      const doomed = join(dirname(path), `.${id}.deleted`);
      fs.remove(doomed);
      fs.rename(path, doomed);
      fs.remove(doomed);
    } finally {
      lock.release();
    }
  });
}
