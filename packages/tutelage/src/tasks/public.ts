import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { PUBLIC_DATASETS, type PublicDatasetName } from './datasets/index.js';
import { download, isIntact } from './download.js';
import type { PublicDataset } from './public-dataset.js';

/** Where downloads are kept: TUTELAGE_CACHE, or `tutelage` in the user's cache directory. */
export function cacheFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { TUTELAGE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  if (TUTELAGE_CACHE) return TUTELAGE_CACHE;
  if (platform === 'win32')
    return join(LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'tutelage', 'cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'tutelage');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'tutelage');
}

/** @throws UserError if the name is unknown, with the names that are known */
export function publicDataset(name: string): PublicDataset {
  if (Object.hasOwn(PUBLIC_DATASETS, name)) return PUBLIC_DATASETS[name as PublicDatasetName];
  throw new UserError(`unknown data set: ${name}`, {
    hint: `known: ${Object.keys(PUBLIC_DATASETS).join(', ')}`,
  });
}

/**
 * The files of a data set in a folder of the cache, downloaded where they are missing or damaged.
 *
 * @returns the path of each file by its name
 * @throws UserError if a download fails
 */
export async function fetchFiles(
  dataset: PublicDataset,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const [name, remote] of Object.entries(dataset.files)) {
    const path = join(folder, name);
    if (!(await isIntact(path, remote))) await download(remote, path);
    paths.set(name, path);
  }
  return paths;
}

/** The files of a public data set, from the cache or downloaded into it: the path of each by its name. */
export function fetchPublic(name: string): Promise<ReadonlyMap<string, string>> {
  return fetchFiles(publicDataset(name), join(cacheFolder(), name));
}

/**
 * The files of a data set in a folder of the user's, as they are, gzipped or not: the path of each by its name.
 *
 * @throws UserError if one is missing
 */
export async function filesIn(dataset: PublicDataset, folder: string): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const name of Object.keys(dataset.files)) {
    const plain = name.replace(/\.gz$/, '');
    const candidates = [join(folder, name), join(folder, plain), join(folder, `${plain}.gz`)];
    const found = await Promise.all(candidates.map((path) => stat(path).catch(() => undefined)));
    const path = candidates[found.findIndex((file) => file?.isFile())];
    if (path === undefined) {
      throw new UserError(`no such file: ${candidates[0]}`, {
        hint: `the data set has ${Object.keys(dataset.files).join(', ')}`,
      });
    }
    paths.set(name, path);
  }
  return paths;
}
