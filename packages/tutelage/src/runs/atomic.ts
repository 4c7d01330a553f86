import { basename, dirname, join } from 'node:path';
import { explained } from './file-errors.js';
import type { FileSystem, OpenMode } from './file-system.js';

const temporarySuffix = '.tmp';

/** The name, in the same folder, under which `path` is prepared by this process. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}${temporarySuffix}`);
}

/** Writes all of `bytes`, however few the system takes at a time. */
export function writeAll(fs: FileSystem, descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += fs.write(descriptor, bytes.subarray(done));
}

/** Opens a file, passes the descriptor to `work`, and closes it whatever happens. */
export function withFile<T>(
  fs: FileSystem,
  path: string,
  mode: OpenMode,
  work: (descriptor: number) => T,
): T {
  const descriptor = fs.open(path, mode);
  let result: T;
  try {
    result = work(descriptor);
  } catch (error) {
    quietly(() => fs.close(descriptor));
    throw error;
  }
  fs.close(descriptor);
  return result;
}

/** Runs a clean-up whose own failure must not hide the error that made it necessary. */
export function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // The first error is the one to report.
  }
}

/** Writes a file and waits until its bytes are on the disk. Not atomic by itself: see {@link writeFileAtomic}. */
export function writeFileDurably(fs: FileSystem, path: string, bytes: Uint8Array): void {
  withFile(fs, path, 'create', (descriptor) => {
    writeAll(fs, descriptor, bytes);
    fs.fsync(descriptor);
  });
}

/**
 * Replaces `path` by `bytes` so that after a crash, a kill or a power failure at any point the file holds either its
 * old content or the new, never a part: a temporary file in the same folder, fsync, rename, fsync of the folder.
 *
 * @throws {UserError} when the disk is full, read-only, forbidden, ... The old content is then still there, unless
 * the very last step (the fsync of the folder) failed.
 */
export function writeFileAtomic(fs: FileSystem, path: string, content: Uint8Array | string): void {
  const temporary = temporaryName(path);
  explained('write a file', path, () => {
    try {
      writeFileDurably(
        fs,
        temporary,
        typeof content === 'string' ? new TextEncoder().encode(content) : content,
      );
      fs.rename(temporary, path);
    } catch (error) {
      quietly(() => fs.remove(temporary));
      throw error;
    }
    fs.syncFolder(dirname(path));
  });
}

/** Removes what killed processes left half-written in a folder. Only for the one process that holds its lock. */
export function removeTemporaries(fs: FileSystem, folder: string): void {
  for (const name of fs.list(folder)) {
    if (name.startsWith('.') && name.endsWith(temporarySuffix)) fs.remove(join(folder, name));
  }
}
