import { defined } from 'tutelage/papers';
import { nodeFileSystem as fs, lastOwner } from 'tutelage/runs';
import type { Job, JobState } from '../api/index.js';
import type { Runs } from '../runs/runs.js';
import type { Workspace } from '../workspace/workspace.js';
import { type Order, readExit, readProcess, readRun, wasStopped, writeJobFile } from './job-folder.js';
import { isAtWork } from './processes.js';
import { progressOf } from './progress.js';

export interface Surroundings {
  readonly workspace: Workspace;
  readonly runs: Runs;
  readonly now: () => Date;
}

/** A job as its folder tells of it now. */
export function shownJob(order: Order, folder: string, { workspace, runs, now }: Surroundings): Job {
  const exit = readExit(folder);
  const run = order.run ?? readRun(folder) ?? findRun(order, folder, runs);
  const state = stateOf(order, folder, now());
  const progress = progressOf(order, run, { runs, reproductions: workspace.reproductions, now: now() });
  const { id, kind, title, created, method, claim, taught } = order;
  return defined<Job>({
    id,
    kind,
    title,
    state,
    method,
    claim,
    run,
    taught,
    created,
    ended: exit?.ended,
    exitCode: exit?.code,
    progress: progress && { done: progress.done, total: progress.total },
    secondsLeft: state === 'running' ? progress?.secondsLeft : undefined,
    command: ['tutelage', ...order.words].map(quoted).join(' '),
  });
}

/** A process that was just asked for may not have told its number yet. */
const startMilliseconds = 10_000;

function stateOf(order: Order, folder: string, now: Date): JobState {
  const process_ = readProcess(folder);
  if (isAtWork(folder, process_)) return 'running';
  const exit = readExit(folder);
  if (exit?.code === 0) return 'finished';
  if (wasStopped(folder)) return 'stopped';
  if (exit) return exit.code === 130 || exit.code === 143 ? 'paused' : 'failed';
  return !process_ && now.getTime() - Date.parse(order.created) < startMilliseconds ? 'starting' : 'lost';
}

/** The run whose lock a job's process holds or held; it is noted, since another process may take the lock over. */
function findRun(order: Order, folder: string, runs: Runs): string | undefined {
  const process_ = readProcess(folder);
  if (order.kind !== 'distill' || !process_) return undefined;
  const run = runs.since(order.created).find(({ path }) => {
    const owner = lastOwner(fs, path);
    return owner?.pid === process_.pid && owner.started === process_.started;
  });
  if (run) writeJobFile(folder, 'run', { id: run.id });
  return run?.id;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
