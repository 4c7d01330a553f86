import { nodeFileSystem as fs, lockOwner, thisHost } from 'tutelage/runs';
import { Problem } from '../problems/problem.js';
import type { JobProcess } from './job-folder.js';
import { askToEnd, endByForce } from './processes.js';

/** Asks the process that trains a run to save and end, wherever it was started on this machine. */
export function pauseRun(run: string): void {
  askToEnd(trainerOf(run));
}

/** Ends the process that trains a run, by force if it does not end by itself. */
export function stopRun(run: string): void {
  endByForce(trainerOf(run));
}

/** @throws {Problem} when no process of this machine trains the run */
function trainerOf(run: string): JobProcess {
  const owner = lockOwner(fs, run);
  if (!owner) throw new Problem(409, 'no process is at work on the run');
  if (owner.host !== thisHost) throw new Problem(409, `the run is trained on another machine: ${owner.host}`);
  return owner;
}
