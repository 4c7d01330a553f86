import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type ByteSource, checkRange } from './byte-source.js';
import { ModelFileError } from './errors.js';

/** Largest single read that every platform accepts. */
const READ_BYTES = 2 ** 30;

/** Reads an open file, which `close` closes. */
export function fileSource(handle: number): ByteSource {
  const { size } = fstatSync(handle);
  return {
    size,
    read(offset, length) {
      checkRange(offset, length, size);
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const count = readSync(handle, bytes, done, Math.min(length - done, READ_BYTES), offset + done);
        if (count === 0) throw new ModelFileError('file became shorter while it was read');
        done += count;
      }
      return bytes;
    },
    close: () => closeSync(handle),
  };
}

/** Opens a file that the user named. Throws `ModelFileError` if it can't be opened or isn't a regular file. */
export function openFileSource(path: string): ByteSource {
  let handle: number;
  try {
    // Not blocking, so that a pipe is refused below instead of waited for. Windows lacks the flag.
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw cannotOpen(path, error);
  }
  if (fstatSync(handle).isFile()) return fileSource(handle);
  closeSync(handle);
  throw new ModelFileError(`not a file: '${path}'`);
}

/** The user's view of a failed open. */
export function cannotOpen(path: string, error: unknown): ModelFileError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new ModelFileError(`can't open file: '${path}' (${reason})`);
}
