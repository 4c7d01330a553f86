import { join } from 'node:path';
import { z } from 'zod';
import { BusyError } from '../core/errors.js';
import { quietly, withFile, writeAll } from './atomic.js';
import { errorCode, explained } from './file-errors.js';
import type { FileSystem } from './file-system.js';
import { type ProcessStart, processStart, thisHost } from './processes.js';

/*
 * Lock files are numbered, and the highest number counts. A free or stale lock is never removed but succeeded, by
 * creating the next number exclusively, which one process alone can do. Removing it instead would let two processes
 * that both judged it stale remove each other's new lock. `lock-7.json` is held, `lock-7.free` was released: a rename,
 * which works on a full disk.
 */

const ownerSchema = z.object({
  pid: z.number().int().positive(),
  started: z.string(),
  host: z.string(),
  since: z.string(),
});

/** The process that holds a run. */
export type LockOwner = z.infer<typeof ownerSchema>;

/** A held lock. */
export interface Lock {
  /** Gives the run free. Never throws: the lock of a process that has ended is taken over anyway. */
  release(): void;
}

/** Who takes the lock; tests put other processes here. */
export interface LockTaker {
  readonly pid: number;
  readonly host: string;
  readonly startOf: ProcessStart;
}

const thisProcess: LockTaker = { pid: process.pid, host: thisHost, startOf: processStart };

/** How long a lock file may stay empty, between its creation and the writing of its content. */
const graceMilliseconds = 1000;
const pollMilliseconds = 50;

interface LockFile {
  readonly name: string;
  readonly number: number;
  readonly free: boolean;
}

function lockFiles(fs: FileSystem, folder: string): LockFile[] {
  return fs.list(folder).flatMap((name) => {
    const match = /^lock-(\d+)\.(json|free)$/.exec(name);
    return match === null ? [] : [{ name, number: Number(match[1]), free: match[2] === 'free' }];
  });
}

/** The file that counts: the highest number, and of two with the same number the free one. */
function current(files: readonly LockFile[]): LockFile | undefined {
  return files.reduce<LockFile | undefined>(
    (best, file) =>
      best === undefined || file.number > best.number || (file.number === best.number && file.free)
        ? file
        : best,
    undefined,
  );
}

/** What a lock file says, or `undefined` if it is empty, damaged or gone. */
function readOwner(fs: FileSystem, path: string): LockOwner | undefined {
  let bytes: Uint8Array;
  try {
    bytes = fs.read(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return ownerSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function readOwnerPatiently(fs: FileSystem, path: string): LockOwner | undefined {
  for (let waited = 0; waited < graceMilliseconds; waited += pollMilliseconds) {
    const owner = readOwner(fs, path);
    if (owner !== undefined || fs.kind(path) === 'absent') return owner;
    sleep(pollMilliseconds);
  }
  return undefined;
}

/** Whether the owner may still be at work. Of another machine's processes nothing is known. */
function holds(owner: LockOwner, { host, startOf }: LockTaker): boolean {
  if (owner.host !== host) return true;
  const started = startOf(owner.pid);
  return (
    started !== undefined &&
    (started === owner.started || started === 'unknown' || owner.started === 'unknown')
  );
}

/**
 * The process that holds the run in `folder`, or `undefined` if nobody does. Writes nothing.
 *
 * @throws {UserError} when the folder can't be read.
 */
export function lockOwner(
  fs: FileSystem,
  folder: string,
  taker: LockTaker = thisProcess,
): LockOwner | undefined {
  return explained('look for the lock of the run', folder, () => {
    const file = current(lockFiles(fs, folder));
    if (file === undefined || file.free) return undefined;
    const owner = readOwner(fs, join(folder, file.name));
    return owner !== undefined && holds(owner, taker) ? owner : undefined;
  });
}

/**
 * The process that holds the run in `folder`, or was the last to hold it; `undefined` if nobody ever did.
 *
 * @throws {UserError} when the folder can't be read.
 */
export function lastOwner(fs: FileSystem, folder: string): LockOwner | undefined {
  return explained('look for the lock of the run', folder, () => {
    const file = current(lockFiles(fs, folder));
    return file && readOwner(fs, join(folder, file.name));
  });
}

/**
 * Makes this process the only one that may write to the run in `folder`. The lock of a process that is dead, or whose
 * number now belongs to a younger one, is taken over.
 *
 * @throws {BusyError} naming the process that holds the run
 * @throws {UserError} when the folder can't be written to
 */
export function acquireLock(fs: FileSystem, folder: string, taker: LockTaker = thisProcess): Lock {
  return explained('lock the run', folder, () => {
    const before = current(lockFiles(fs, folder));
    if (before !== undefined && !before.free) {
      const path = join(folder, before.name);
      const owner = readOwnerPatiently(fs, path);
      if (owner !== undefined && holds(owner, taker)) throw refusal(owner, path, taker);
    }
    const number = (before?.number ?? 0) + 1;
    const path = join(folder, `lock-${number}.json`);
    create(fs, path, taker);
    try {
      const others = lockFiles(fs, folder).filter(({ name }) => name !== `lock-${number}.json`);
      if (others.some((other) => other.number >= number)) throw raceLost(folder);
      for (const { name } of others) fs.remove(join(folder, name));
    } catch (error) {
      quietly(() => fs.remove(path));
      throw error;
    }
    return {
      release() {
        try {
          fs.rename(path, join(folder, `lock-${number}.free`));
        } catch {
          // The end of this process frees the lock as well.
        }
      },
    };
  });
}

function create(fs: FileSystem, path: string, { pid, host, startOf }: LockTaker): void {
  const owner: LockOwner = { pid, started: startOf(pid) ?? 'unknown', host, since: new Date().toISOString() };
  try {
    withFile(fs, path, 'exclusive', (descriptor) => {
      writeAll(fs, descriptor, new TextEncoder().encode(`${JSON.stringify(owner)}\n`));
    });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw raceLost(path);
    quietly(() => fs.remove(path));
    throw error;
  }
}

function raceLost(path: string): BusyError {
  return new BusyError(`another process has just started this run: ${path}`, {
    hint: 'wait until it has ended, or stop it; then resume',
  });
}

function refusal(owner: LockOwner, path: string, taker: LockTaker): BusyError {
  const holder = `process ${owner.pid} on ${owner.host} since ${owner.since}`;
  if (owner.host !== taker.host) {
    return new BusyError(`this run is held by ${holder}`, {
      hint: `if that process has ended, delete ${path} and try again`,
    });
  }
  return new BusyError(`this run is held by ${holder}`, {
    hint:
      owner.pid === taker.pid
        ? 'this very process is training it already'
        : `wait until it has ended, or stop it with \`kill ${owner.pid}\`; then resume`,
  });
}
