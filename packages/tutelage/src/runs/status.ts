import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from './atomic.js';
import type { FileSystem } from './file-system.js';

const statusSchema = z.object({
  name: z.string(),
  state: z.enum(['created', 'running', 'paused', 'finished', 'failed']),
  /** Steps done when this was written, and steps in all (0 if not known yet). */
  step: z.number().int().nonnegative(),
  total: z.number().int().nonnegative(),
  /** When the run was created, and when this was written: ISO 8601, UTC. */
  started: z.string(),
  updated: z.string(),
  /** Why it failed. */
  message: z.string().exactOptional(),
});

/** Where a run stands: the content of `status.json`. */
export type Status = z.infer<typeof statusSchema>;

const file = 'status.json';

/** The status of the run in `folder`, or `undefined` if it has none that can be read. */
export function readStatus(fs: FileSystem, folder: string): Status | undefined {
  try {
    return statusSchema.parse(JSON.parse(new TextDecoder().decode(fs.read(join(folder, file)))));
  } catch {
    return undefined;
  }
}

/**
 * Replaces the status of the run in `folder`.
 *
 * @throws {UserError} when the disk is full, read-only, ...
 */
export function writeStatus(fs: FileSystem, folder: string, status: Status): void {
  writeFileAtomic(fs, join(folder, file), `${JSON.stringify(status, undefined, 2)}\n`);
}
