import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from 'tutelage';

/** Where everything is. All paths are absolute. */
export interface Workspace {
  readonly root: string;
  readonly runs: string;
  readonly reproductions: string;
  readonly taught: string;
  readonly uploads: string;
  /** The studio's own: nothing in it is served. */
  readonly database: string;
  readonly jobs: string;
  readonly outbox: string;
}

/**
 * Opens a workspace, and makes the studio's folder in it.
 *
 * @throws {UserError} when that can't be done
 */
export function openWorkspace(folder: string): Workspace {
  try {
    const root = realpathSync(resolve(folder));
    const own = join(root, '.studio');
    mkdirSync(join(own, 'jobs'), { recursive: true });
    mkdirSync(join(own, 'outbox'), { recursive: true });
    // Its database holds the password of the mail server, its logs what commands print.
    chmodSync(own, 0o700);
    return {
      root,
      runs: join(root, 'runs'),
      reproductions: join(root, 'reproductions'),
      taught: join(root, 'taught'),
      uploads: join(root, 'uploads'),
      database: join(own, 'studio.db'),
      jobs: join(own, 'jobs'),
      outbox: join(own, 'outbox'),
    };
  } catch (cause) {
    throw new UserError(`can't use the folder as a workspace: ${folder}`, {
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: 'give a folder that is there and can be written to',
      cause,
    });
  }
}
