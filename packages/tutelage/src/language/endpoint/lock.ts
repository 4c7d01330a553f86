import { mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BusyError } from '../../core/errors.js';

/**
 * Takes a directory for this process alone and returns the function that gives it back.
 *
 * Each process first announces itself with a file named after it (host, process id, start time), then looks for
 * others. Of two that come at the same moment at least one sees the other and withdraws, and a file is only ever
 * removed once its process is known to be gone, so there is no moment in which two can hold the lock.
 * @throws {BusyError} if another process, or this one, holds it
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const locks = join(directory, 'lock');
  await mkdir(locks, { recursive: true });
  const own = `${hostname()}+${process.pid}+${await startTime(process.pid)}`;
  await announce(locks, own);
  for (const other of await readdir(locks)) {
    if (other === own) continue;
    if (await isAlive(other)) {
      await unlink(join(locks, own));
      throw refusal(locks, other);
    }
    // Two newcomers may both clear the same stale file.
    await unlink(join(locks, other)).catch(ignoreMissing);
  }
  return () => unlink(join(locks, own)).catch(ignoreMissing);
}

async function announce(locks: string, own: string): Promise<void> {
  try {
    await (await open(join(locks, own), 'wx')).close();
  } catch (error) {
    if (isCode(error, 'EEXIST')) throw refusal(locks, own);
    throw error;
  }
}

function refusal(locks: string, holder: string): BusyError {
  const [host, pid] = holder.split('+');
  return new BusyError(`journal in use: by process ${pid} on ${host}`, {
    hint: `wait for it to end; if it no longer exists, delete ${join(locks, holder)}`,
  });
}

/** Of another host nothing is known, so its processes count as alive. */
async function isAlive(holder: string): Promise<boolean> {
  const [host, pid, start] = holder.split('+');
  if (host !== hostname()) return true;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (!isCode(error, 'EPERM')) return false;
  }
  return start === (await startTime(Number(pid)));
}

/** Tells a process from a later one with the same id; Linux only, elsewhere the id has to do. */
async function startTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The command, in parentheses, may hold spaces; the start time is field 22, the twentieth after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    return '0';
  }
}

function ignoreMissing(error: unknown): void {
  if (!isCode(error, 'ENOENT')) throw error;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
