import { existsSync, realpathSync } from 'node:fs';
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
  while (!existsSync(above)) {
    below = join(basename(above), below);
    above = dirname(above);
  }
  const real = join(realpathSync(above), below);
  const root = realpathSync(folder);
  const isLink = existsSync(real) && realpathSync(real) !== real;
  if (isLink || !isWithin(root, real)) throw new Problem(403, `outside of the workspace: ${path}`);
  return real;
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
