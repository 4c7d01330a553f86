import { existsSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { UserError } from '../../core/errors.js';
import { quietly } from '../../runs/atomic.js';
import { explained } from '../../runs/file-errors.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import { interruptible } from '../../runs/interrupt.js';
import type { JsonObject } from '../../runs/json.js';
import { checkpointsFolder, createRun, deleteRun, type Run } from '../../runs/run.js';
import { readStatus } from '../../runs/status.js';
import type { Console } from '../console.js';
import { type Assignment, readAssignment } from '../distill/assignment.js';
import { perform, shown } from '../distill/perform.js';
import type { DistillSettings } from '../distill/settings.js';

const quickLimit = 2000;

/** `tutelage distill`. */
export async function startDistilling(given: DistillSettings, io: Console): Promise<void> {
  const settings = withAbsolutePaths(given);
  const started = await start(settings, io);
  try {
    await interruptible((signal) => perform({ ...started, settings, io, signal }));
  } catch (error) {
    quietly(() => {
      if (isUntouched(started.run)) deleteRun(settings.out, started.run.id);
    });
    throw error;
  }
}

/** Whether nothing came of a run: its teacher or its student could not be had. */
function isUntouched({ path }: Run): boolean {
  const beginnings = /^(config\.json|status\.json|rejected\.jsonl|checkpoints|lock-\d+\..*)$/;
  const isNew = readStatus(fs, path)?.state === 'created' && fs.list(checkpointsFolder(path)).length === 0;
  return isNew && fs.list(path).every((name) => beginnings.test(name));
}

/** Reads the data, and then makes the run: data that can't be used leave none behind. */
async function start(settings: DistillSettings, io: Console): Promise<{ run: Run; assignment: Assignment }> {
  const { out } = settings;
  const made = explained('create the folder of the runs', out, () => mkdirSync(out, { recursive: true }));
  io.say(`reading ${settings.data}`);
  const rejectedPath = join(out, `rejected-${process.pid}.jsonl`);
  try {
    const assignment = await readAssignment(settings, rejectedPath);
    const { data } = assignment;
    const run = createRun({
      root: out,
      name: `distill-${parse(data.name).name}`,
      config: { command: 'distill', settings: plain(settings), dataHash: data.hash },
    });
    if (data.rejected.path !== undefined) renameSync(data.rejected.path, join(run.path, 'rejected.jsonl'));
    io.say(`run ${shown(run.path)}`);
    return { run, assignment };
  } catch (error) {
    const isTold = error instanceof UserError && error.detail?.includes(rejectedPath);
    if (!isTold) quietly(() => fs.remove(rejectedPath));
    // Succeeds where the folder is still empty.
    if (made !== undefined) quietly(() => rmdirSync(out));
    throw error;
  }
}

/** A run is resumed from anywhere. */
function withAbsolutePaths(settings: DistillSettings): DistillSettings {
  const { quick, limit, student, teacher } = settings;
  const paths = (['data', 'validation', 'test', 'labels', 'weights'] as const).flatMap((name) => {
    const path = settings[name];
    return path === undefined ? [] : [[name, resolve(path)] as const];
  });
  return {
    ...settings,
    ...Object.fromEntries(paths),
    ...(student !== undefined && /\.onnx$/i.test(student) && { student: resolve(student) }),
    teacher: withAbsolutePath(teacher),
    ...(quick && { limit: Math.min(limit ?? quickLimit, quickLimit) }),
  };
}

/** Presets of teachers have no path, nor have models behind an endpoint. */
function withAbsolutePath(teacher: string): string {
  const [, kind, path] = /^(onnx|student|local):(.+)$/.exec(teacher) ?? [];
  return path !== undefined && existsSync(path) ? `${kind}:${resolve(path)}` : teacher;
}

/** Without the members that are undefined, which JSON does not have. */
function plain(settings: DistillSettings): JsonObject {
  return Object.fromEntries(
    Object.entries(settings).filter(
      (entry): entry is [string, string | number | boolean] => entry[1] !== undefined,
    ),
  );
}
