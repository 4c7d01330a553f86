import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from 'tutelage/papers';
import type { Job, Log, StartedJob } from '../api/index.js';
import { found, Problem } from '../problems/problem.js';
import type { Runs } from '../runs/runs.js';
import type { Workspace } from '../workspace/workspace.js';
import { jobFile, type Order, readOrder, readProcess, writeJobFile } from './job-folder.js';
import { readLog } from './log.js';
import { askToEnd, endByForce, isAtWork, jobProgram, startProcess } from './processes.js';
import { trialsDone } from './progress.js';
import { shownJob } from './shown-job.js';
import { commandOf } from './words.js';

/** Older jobs are not listed. */
const maxListed = 200;

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
      .slice(0, maxListed)
      .map(shown);
  const begin = (wanted: Order): Job => {
    const folder = folderOf(wanted.id);
    const before = wanted.claim === undefined ? undefined : trialsDone(workspace.reproductions, wanted.claim);
    const order = { ...wanted, ...(wanted.trials && { trials: { ...wanted.trials, before: before ?? 0 } }) };
    mkdirSync(folder, { mode: 0o700 });
    // There from now on, so that the next job takes another.
    if (order.taught !== undefined) mkdirSync(join(workspace.taught, order.taught), { recursive: true });
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
          taught: command.taught,
          trials: trials === undefined ? undefined : { total: trials, before: 0 },
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
