import { join } from 'node:path';
import { nodeFileSystem as fs } from '../runs/file-system.js';

/** The folder of a student, given that or the run that it is in. */
export function studentIn(path: string): string {
  const within = join(path, 'student');
  const isRun = fs.kind(join(path, 'student.json')) === 'absent' && fs.kind(within) === 'folder';
  return isRun ? within : path;
}

/** The option of threads, left out where it is not given. */
export function threadsOf({ threads }: { readonly threads?: number | undefined }): {
  readonly threads?: number;
} {
  return threads === undefined ? {} : { threads };
}
