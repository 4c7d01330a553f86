import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { nodeFileSystem as fs } from '../runs/file-system.js';
import { configFile, resumeCommand } from '../runs/run.js';

/**
 * The folder of a student, given that or the run that it is in.
 *
 * @throws {UserError} when the run has none yet
 */
export function studentIn(path: string): string {
  if (fs.kind(join(path, 'student.json')) !== 'absent') return path;
  const within = join(path, 'student');
  if (fs.kind(within) === 'folder') return within;
  if (fs.kind(configFile(path)) === 'absent') return path;
  throw new UserError(`no student yet: ${path}`, { hint: `finish the run with: ${resumeCommand(path)}` });
}

/** The option of threads, left out where it is not given. */
export function threadsOf({ threads }: { readonly threads?: number | undefined }): {
  readonly threads?: number;
} {
  return threads === undefined ? {} : { threads };
}
