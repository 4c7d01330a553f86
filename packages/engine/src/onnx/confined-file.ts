import { closeSync, constants, fstatSync, lstatSync, openSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteSource } from './byte-source.js';
import { ModelFileError } from './errors.js';
import { cannotOpen, fileSource } from './file-source.js';

/**
 * Opens the file that an untrusted relative path names, if it truly is a file of `folder`: no absolute path, no `..`,
 * no symbolic link in any component below the folder, a regular file without other hard links. What was checked is
 * what is read: the same handle serves both. Throws `ModelFileError`.
 */
export function openConfinedFile(folder: string, location: string): ByteSource {
  const components = location.split('/');
  if (location.includes('\\') || location.includes('\0') || /^[A-Za-z]:/.test(location)) {
    throw escapes(location);
  }
  if (components.some((part) => part === '' || part === '.' || part === '..')) throw escapes(location);
  let handle: number | undefined;
  try {
    const root = realpathSync(folder);
    const path = join(root, ...components);
    for (let depth = 1; depth <= components.length; depth++) {
      if (lstatSync(join(root, ...components.slice(0, depth))).isSymbolicLink()) {
        throw new ModelFileError(`file reached through a symbolic link: '${location}'`);
      }
    }
    // Not blocking: a pipe put in the file's place must not hang the reader. Windows lacks both flags.
    handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const opened = fstatSync(handle, { bigint: true });
    const named = lstatSync(path, { bigint: true });
    // A component may have been exchanged between the check and the opening.
    if (realpathSync(path) !== path || named.ino !== opened.ino || named.dev !== opened.dev) {
      throw escapes(location);
    }
    if (!opened.isFile()) throw new ModelFileError(`not a regular file: '${location}'`);
    if (opened.nlink !== 1n) throw new ModelFileError(`file with several hard links: '${location}'`);
    return fileSource(handle);
  } catch (error) {
    if (handle !== undefined) closeSync(handle);
    if (error instanceof ModelFileError) throw error;
    throw cannotOpen(location, error);
  }
}

function escapes(location: string): ModelFileError {
  return new ModelFileError(`file outside the model's folder: '${location}'`);
}
