import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { processStart } from 'tutelage/runs';
import { isAlive, type JobProcess, jobFile, readExit, writeJobFile } from './job-folder.js';

/** The program that runs a job. */
export const jobProgram = fileURLToPath(new URL('./run-job.js', import.meta.url));

/** A process that has not saved and ended by itself after so long is ended by force. */
const graceMilliseconds = 10_000;

/** Starts a job's process in a group of its own, so that it outlives this one, with its output in the job's log. */
export function startProcess(folder: string, root: string, program: string): void {
  const log = openSync(jobFile(folder, 'log'), 'a', 0o600);
  try {
    // The token lets into the studio: no command needs it.
    const { TUTELAGE_STUDIO_TOKEN: _, ...env } = process.env;
    const child = spawn(process.execPath, [program, folder], {
      cwd: root,
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...env, NO_COLOR: '1' },
    });
    child.on('error', () => writeJobFile(folder, 'exit', { code: 1, ended: new Date().toISOString() }));
    if (child.pid !== undefined) {
      writeJobFile(folder, 'process', { pid: child.pid, started: processStart(child.pid) ?? 'unknown' });
    }
    child.unref();
  } finally {
    closeSync(log);
  }
}

/** Asks a process to save and end. Nothing is sent to a younger process that has got its number. */
export function askToEnd(process_: JobProcess): void {
  if (isAlive(process_)) quietly(() => process.kill(process_.pid, 'SIGTERM'));
}

/** Asks a process to end, and ends it and its group by force if it does not. */
export function endByForce(process_: JobProcess): void {
  askToEnd(process_);
  setTimeout(() => {
    if (isAlive(process_)) {
      // A group where the studio has started it, the process alone where someone else has.
      quietly(() => process.kill(-process_.pid, 'SIGKILL'));
      quietly(() => process.kill(process_.pid, 'SIGKILL'));
    }
  }, graceMilliseconds).unref();
}

/** A process may end between a look at it and the signal. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // It has ended.
  }
}

/** Whether a job's process is at work. */
export function isAtWork(folder: string, process_: JobProcess | undefined): boolean {
  return process_ !== undefined && readExit(folder) === undefined && isAlive(process_);
}
