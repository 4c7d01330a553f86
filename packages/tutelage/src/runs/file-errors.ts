import { UserError } from '../core/errors.js';

const explanations: Record<string, readonly [problem: string, hint: string]> = {
  ENOSPC: ['the disk is full', 'free some space and try again; what was saved before is intact'],
  EDQUOT: ['the disk quota is used up', 'free some space and try again; what was saved before is intact'],
  EROFS: ['the file system is read-only', 'choose a folder on a disk that can be written to'],
  EACCES: ['permission denied', 'make the folder writable for this user, or choose another one'],
  EPERM: ['operation not permitted', 'make the folder writable for this user, or choose another one'],
  ENOENT: ['no such file or folder', 'check the path'],
  ENOTDIR: ['a part of the path is not a folder', 'check the path'],
  EEXIST: ['a file is in the place of a folder', 'choose another folder'],
  EISDIR: ['a folder is in the place of a file', 'move that folder away'],
  EIO: ['the disk reported an input/output error', 'check the disk, and copy the run to another one'],
  EMFILE: ['too many files are open', 'raise the limit (`ulimit -n`) or run fewer processes'],
};

/** The `code` of a file-system error (`ENOSPC`, ...), or of one that is the cause of the error; `undefined` for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : errorCode(error.cause);
}

/** One line on what went wrong, for a warning. */
export function reason(error: unknown): string {
  const explanation = explanations[errorCode(error) ?? ''];
  if (explanation !== undefined) return explanation[0];
  return error instanceof Error ? error.message : String(error);
}

/**
 * Runs `work`, and turns a file-system error into a {@link UserError} such as
 * `could not save the checkpoint: the disk is full: runs/a/checkpoints`. Other errors pass unchanged.
 */
export function explained<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined || error instanceof UserError) throw error;
    const [problem, hint] = explanations[code] ?? [
      `the system reported ${code}`,
      'check the disk and the path',
    ];
    throw new UserError(`could not ${action}: ${problem}: ${path}`, { hint: hint });
  }
}
