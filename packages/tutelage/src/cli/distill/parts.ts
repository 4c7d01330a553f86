import { dirname, join } from 'node:path';
import { z } from 'zod';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import { acquireLock } from '../../runs/lock.js';
import { createRunAt, openRun, type Run } from '../../runs/run.js';
import { readStatus, type Status, writeStatus } from '../../runs/status.js';

/** What is taught within a run besides its student: each has checkpoints and metrics of its own. */
export type Part = 'teacher' | 'alone';

const partConfig = z.object({ partOf: z.string() });

/** The run within a run, made if it is not there yet. */
export function partOf(run: Run, part: Part): Run {
  return createRunAt(join(run.path, part), `${run.name} (${part})`, { partOf: run.id });
}

/** Where the presets that `auto` tries have their runs. */
export const trialsFolder = (run: Pick<Run, 'path'>): string => join(run.path, 'trials');

/** The run in a folder, or the one that it is a part or a trial of: the command that resumes a part resumes the whole. */
export function openWholeRun(path: string): Run {
  const run = openRun(path);
  if (partConfig.safeParse(run.config).success) return openRun(dirname(run.path));
  const above = dirname(dirname(run.path));
  return trialsFolder({ path: above }) === dirname(run.path) ? openRun(above) : run;
}

/** Does work on a run while no other process may. */
export async function holding<T>(run: Run, work: () => Promise<T>): Promise<T> {
  const lock = acquireLock(fs, run.path);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/**
 * Does what comes after the training, as the last work on a run, while no other process may. The loop has set the state of the run to
 * finished, which it is when the student is shipped.
 */
export function finishing<T>(run: Run, work: () => Promise<T>): Promise<T> {
  const setState = (state: Status['state']): void => {
    const status = readStatus(fs, run.path);
    if (status) writeStatus(fs, run.path, { ...status, state, updated: new Date().toISOString() });
  };
  return holding(run, async () => {
    setState('running');
    const result = await work();
    setState('finished');
    return result;
  });
}
