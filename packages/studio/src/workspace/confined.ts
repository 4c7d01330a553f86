import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';
import { Problem } from '../problems/problem.js';

/**
 * The absolute path of something in a folder, by a path with forward slashes that comes from outside. Neither `..` nor links lead out
 * of the folder, and names that begin with a dot are not to be had.
 *
 * @throws {Problem} when the path leads elsewhere (403), or nothing is there (404)
 */
export function existingPath(folder: string, path: string): string {
  const wanted = join(folder, ...checkedParts(path));
  if (!existsSync(wanted)) throw new Problem(404, `no such file: ${path}`);
  const real = realpathSync(wanted);
  if (!isWithin(realpathSync(folder), real)) throw new Problem(403, `outside of the workspace: ${path}`);
  return real;
}

/**
 * The absolute path at which something may be written, as {@link existingPath}: what is there of its folders must be in the folder,
 * and what may be there already is no link.
 */
export function writablePath(folder: string, path: string): string {
  const wanted = join(folder, ...checkedParts(path));
  let above = dirname(wanted);
  let below = basename(wanted);
  while (!isThere(above)) {
    below = join(basename(above), below);
    above = dirname(above);
  }
  // Where a folder is a link to nowhere, there is no path to it.
  const real = existsSync(above) ? join(realpathSync(above), below) : '';
  const isLink = lstatSync(real, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  if (isLink || !isWithin(realpathSync(folder), real))
    throw new Problem(403, `outside of the workspace: ${path}`);
  return real;
}

/** Whether there is anything, if only a link to nowhere. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** @throws {Problem} for a path that is absolute, has empty parts, or names that begin with a dot or hold what no name should */
function checkedParts(path: string): string[] {
  const parts = path.split('/');
  const isOdd = (part: string) => part === '' || part.startsWith('.') || /[\\\p{Cc}:]/u.test(part);
  if (isAbsolute(path) || parts.some(isOdd)) throw new Problem(403, `not a path in the workspace: ${path}`);
  return parts;
}

function isWithin(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
