import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from 'tutelage/papers';
import { nodeFileSystem as fs, lastOwner } from 'tutelage/runs';
import type { Job, JobState, Log, StartedJob } from '../api/index.js';
import { found, Problem } from '../problems/problem.js';
import type { Runs } from '../runs/runs.js';
import type { Workspace } from '../workspace/workspace.js';
import {
  jobFile,
  type Order,
  readExit,
  readOrder,
  readProcess,
  readRun,
  wasStopped,
  writeJobFile,
} from './job-folder.js';
import { readLog } from './log.js';
import { askToEnd, endByForce, isAtWork, jobProgram, startProcess } from './processes.js';
import { commandOf } from './words.js';

/** The jobs of a workspace. Functions with an id throw a {@link Problem} of status 404 when there is no such job. */
export interface Jobs {
  list(): Job[];
  job(id: string): Job;
  /**
   * @param trials of a reproduction, for its progress
   * @throws {Problem} when it can't be started so
   */
  start(job: StartedJob, trials?: number): Job;
  /** Asks the process to save and end. */
  pause(id: string): Job;
  /** Ends the process, by force if need be. */
  stop(id: string): Job;
  /** Starts a job that goes on with what this one did. */
  resume(id: string): Job;
  /** Removes the record of a job that has ended, with its log. */
  remove(id: string): void;
  log(id: string, from: number): Log;
  /** The latest job that worked on a run. */
  latestOf(run: string): Job | undefined;
}

export interface JobsOptions {
  readonly workspace: Workspace;
  readonly runs: Runs;
  /** Ids of the methods there are. */
  readonly methods: readonly string[];
  readonly now: () => Date;
  /** What is run instead of the commands, in tests. */
  readonly program?: string;
}

export function jobsOf({ workspace, runs, methods, now, program = jobProgram }: JobsOptions): Jobs {
  const folderOf = (id: string): string => {
    if (!/^[\w-]+$/.test(id)) throw new Problem(404, `no such job: ${id}`);
    return join(workspace.jobs, id);
  };
  const orderOf = (id: string): Order => found(readOrder(folderOf(id)), `job: ${id}`);
  const shown = (order: Order): Job => shownJob(order, folderOf(order.id), { workspace, runs, now });
  const list = (): Job[] =>
    readdirSync(workspace.jobs)
      .filter((id) => /^[\w-]+$/.test(id))
      .flatMap((id) => readOrder(join(workspace.jobs, id)) ?? [])
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .map(shown);
  const begin = (order: Order): Job => {
    const folder = folderOf(order.id);
    mkdirSync(folder, { mode: 0o700 });
    writeJobFile(folder, 'order', order);
    startProcess(folder, workspace.root, program);
    return shown(order);
  };
  const newId = (title: string): string => {
    const time = now().toISOString().slice(0, 23).replaceAll(/\D/g, '');
    return `${time}-${title.replaceAll(/\W+/g, '-').slice(0, 40)}-${randomBytes(3).toString('hex')}`;
  };
  const atWork = (id: string) => {
    const folder = folderOf(id);
    const order = orderOf(id);
    const process_ = readProcess(folder);
    if (!process_ || !isAtWork(folder, process_)) throw new Problem(409, `the job is not at work: ${id}`);
    return { folder, order, process_ };
  };

  return {
    list,
    job: (id) => shown(orderOf(id)),
    start(job, trials) {
      const command = commandOf(job, workspace, methods);
      return begin(
        defined<Order>({
          ...command,
          id: newId(command.title),
          kind: job.kind,
          created: now().toISOString(),
          method: command.method,
          claim: command.claim,
          run: command.run,
          trials,
        }),
      );
    },
    pause(id) {
      const { order, process_ } = atWork(id);
      askToEnd(process_);
      return shown(order);
    },
    stop(id) {
      const { folder, order, process_ } = atWork(id);
      writeJobFile(folder, 'stop', {});
      endByForce(process_);
      return shown(order);
    },
    resume(id) {
      const order = orderOf(id);
      const { run, state } = shown(order);
      if (state === 'starting' || state === 'running') throw new Problem(409, `the job is at work: ${id}`);
      // A distillation goes on in its run; where there is none yet, and with other commands, the same again goes on.
      const isRun = run !== undefined && (order.kind === 'distill' || order.kind === 'resume');
      const words = isRun ? ['resume', runs.path(run)] : order.words;
      return begin({
        ...order,
        id: newId(order.title),
        words,
        created: now().toISOString(),
        ...(isRun && { run }),
      });
    },
    remove(id) {
      const { state } = shown(orderOf(id));
      if (state === 'starting' || state === 'running') throw new Problem(409, `the job is at work: ${id}`);
      rmSync(folderOf(id), { recursive: true });
    },
    log(id, from) {
      orderOf(id);
      return readLog(jobFile(folderOf(id), 'log'), from);
    },
    latestOf: (run) => list().find((job) => job.run === run),
  };
}

interface Surroundings {
  readonly workspace: Workspace;
  readonly runs: Runs;
  readonly now: () => Date;
}

function shownJob(order: Order, folder: string, { workspace, runs, now }: Surroundings): Job {
  const exit = readExit(folder);
  const run = order.run ?? readRun(folder) ?? findRun(order, folder, runs);
  const state = stateOf(order, folder, now());
  const progress = progressOf(order, run, { workspace, runs });
  const { id, kind, title, created, method, claim } = order;
  return defined<Job>({
    id,
    kind,
    title,
    state,
    method,
    claim,
    run,
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

interface Progress {
  readonly done: number;
  readonly total: number;
  readonly secondsLeft?: number | undefined;
}

function progressOf(
  { claim, trials }: Order,
  run: string | undefined,
  { workspace, runs }: Pick<Surroundings, 'workspace' | 'runs'>,
): Progress | undefined {
  if (run !== undefined) {
    try {
      const { step, total, secondsLeft } = runs.summary(run);
      return { done: step, total, secondsLeft };
    } catch {
      // The run was deleted.
      return undefined;
    }
  }
  if (trials === undefined || claim === undefined) return undefined;
  try {
    const journal = readFileSync(join(workspace.reproductions, `${claim}.partial`, 'outcomes.jsonl'), 'utf8');
    // A head, and a line for each trial.
    return { done: journal.split('\n').length - 2, total: trials };
  } catch {
    // Not begun, or done.
    return undefined;
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
