import { dirname, join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../runs/atomic.js';
import { explained } from '../../runs/file-errors.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import { acquireLock } from '../../runs/lock.js';
import { configFile, openRun, type Run } from '../../runs/run.js';

/** What is taught within a run besides its student: each has checkpoints and metrics of its own. */
export type Part = 'teacher' | 'alone';

const partConfig = z.object({ partOf: z.string() });

/** The run within a run, made if it is not there yet. */
export function partOf(run: Run, part: Part): Run {
  const path = join(run.path, part);
  if (fs.kind(configFile(path)) !== 'file') {
    explained('create a part of the run', path, () => {
      if (fs.kind(path) === 'absent') fs.makeFolder(path);
    });
    const content = { name: `${run.name} (${part})`, created: run.created, config: { partOf: run.id } };
    writeFileAtomic(fs, configFile(path), `${JSON.stringify(content, undefined, 2)}\n`);
  }
  return openRun(path);
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
