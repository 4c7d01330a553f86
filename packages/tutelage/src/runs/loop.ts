import { removeTemporaries } from './atomic.js';
import {
  type Checkpoint,
  type CheckpointStore,
  loadLatestCheckpoint,
  type NamedTensor,
  saveCheckpoint,
  setAsideAfter,
  type TensorCodec,
} from './checkpoint.js';
import { explained, reason } from './file-errors.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { acquireLock } from './lock.js';
import { type Metrics, openMetrics, truncateMetrics } from './metrics.js';
import type { Progress } from './progress.js';
import { checkpointsFolder, metricsFile, type Run, resumeCommand } from './run.js';
import { type Status, writeStatus } from './status.js';

/** How often to save: after every so many steps, or at the first step after so many seconds. */
export type CheckpointInterval = { readonly steps: number } | { readonly seconds: number };

/** A checkpoint to be, before it is given its step. */
export type Snapshot<T extends NamedTensor> = Omit<Checkpoint<T>, 'step'>;

/** What {@link runLoop} needs. `T` is the tensor type of the codec. */
export interface LoopOptions<T extends NamedTensor> {
  readonly run: Run;
  readonly codec: TensorCodec<T>;
  /** Version of the engine and hash of the training graph. */
  readonly engine: string;
  readonly graph: string;
  /** At least 1. */
  readonly totalSteps: number;
  /** Does step `index` (0 for the first) and returns its metrics: deterministic numbers, no times. */
  readonly step: (index: number) => Metrics | Promise<Metrics>;
  /** Everything that the coming steps depend on. */
  readonly snapshot: () => Snapshot<T> | Promise<Snapshot<T>>;
  /** Puts back what `snapshot` gave. Not called for a run that starts at the beginning. */
  readonly restore: (checkpoint: Checkpoint<T>) => void | Promise<void>;
  readonly checkpointEvery: CheckpointInterval;
  /** How many of the latest checkpoints to keep, besides the best. */
  readonly keep?: number;
  readonly progress: Progress;
  /** When aborted, the loop finishes its step, saves and returns: see {@link interruptible}. */
  readonly signal?: AbortSignal;
  readonly fs?: FileSystem;
}

/** How a loop ended: with all steps done, or interrupted with its state saved. */
export interface LoopResult {
  readonly outcome: 'finished' | 'paused';
  readonly step: number;
}

/** Signals and timers get their turn this often, even if all steps are synchronous. */
const yieldMilliseconds = 50;

/**
 * Trains from the latest checkpoint (or the beginning) to `totalSteps`, saving on the way. A run that was killed at
 * any point, and is started again with the same options, ends in the same checkpoint and the same `metrics.jsonl` as
 * one that was not, if the steps depend on nothing but what `snapshot` gives. One process at a time may do this.
 *
 * @throws {UserError} when another process trains the run, all checkpoints are damaged, or one can't be saved. That and
 * what a step throws mark the run as failed; it can be resumed from the last checkpoint all the same.
 */
export async function runLoop<T extends NamedTensor>(options: LoopOptions<T>): Promise<LoopResult> {
  const { run, progress, fs = nodeFileSystem } = options;
  const lock = acquireLock(fs, run.path);
  try {
    return await runLocked(options, fs);
  } finally {
    progress.stop();
    lock.release();
  }
}

async function runLocked<T extends NamedTensor>(
  options: LoopOptions<T>,
  fs: FileSystem,
): Promise<LoopResult> {
  const { run, totalSteps, progress, signal, checkpointEvery } = options;
  const now = (): number => performance.now();
  const warn = (message: string): void => progress.say(`warning: ${message}`);
  const store: CheckpointStore<T> = {
    fs,
    folder: checkpointsFolder(run.path),
    codec: options.codec,
    engine: options.engine,
    graph: options.graph,
    keep: options.keep ?? 2,
    warn,
  };

  let done = await resume(options, store);
  const metrics = openMetrics(fs, metricsFile(run.path), now, warn);
  const setStatus = (state: Status['state'], message?: string): void => {
    const updated = new Date().toISOString();
    const status: Status = {
      name: run.name,
      state,
      step: done,
      total: totalSteps,
      started: run.created,
      updated,
    };
    try {
      writeStatus(fs, run.path, message === undefined ? status : { ...status, message });
    } catch (error) {
      warn(reason(error));
    }
  };
  let savedStep = done;
  let savedTime = now();
  const save = async (): Promise<void> => {
    if (done !== savedStep) {
      metrics.flush();
      saveCheckpoint(store, { ...(await options.snapshot()), step: done });
    }
    savedStep = done;
    savedTime = now();
  };
  const isDue = (): boolean =>
    'steps' in checkpointEvery
      ? done % checkpointEvery.steps === 0
      : savedTime + 1000 * checkpointEvery.seconds <= now();

  setStatus('running');
  progress.start(done, totalSteps);
  let yielded = now();
  try {
    while (done < totalSteps && signal?.aborted !== true) {
      const row = await options.step(done);
      done++;
      metrics.log(done, row);
      progress.step(done, row);
      if (isDue()) {
        await save();
        setStatus('running');
        progress.skip();
      }
      if (now() - yielded >= yieldMilliseconds) {
        await new Promise((resolve) => setImmediate(resolve));
        yielded = now();
      }
    }
    await save();
    // Once more, for rows that could not be written ahead of the checkpoint.
    metrics.flush();
  } catch (error) {
    metrics.flush();
    setStatus('failed', reason(error));
    progress.stop();
    progress.say(
      `stopped at step ${done}, saved at step ${savedStep}; resume with: ${resumeCommand(run.path)}`,
    );
    throw error;
  }
  const outcome = done < totalSteps ? 'paused' : 'finished';
  setStatus(outcome);
  progress.stop();
  if (outcome === 'paused') progress.say(`saved at step ${done}; resume with: ${resumeCommand(run.path)}`);
  return { outcome, step: done };
}

/** Brings the run's folder and the caller's state to the latest checkpoint, and returns its step. */
async function resume<T extends NamedTensor>(
  options: LoopOptions<T>,
  store: CheckpointStore<T>,
): Promise<number> {
  const { run } = options;
  const { fs, folder } = store;
  explained('clean up after a killed process', run.path, () => {
    removeTemporaries(fs, run.path);
    if (fs.kind(folder) !== 'absent') removeTemporaries(fs, folder);
  });
  const checkpoint = loadLatestCheckpoint(store);
  const step = checkpoint?.step ?? 0;
  setAsideAfter(fs, folder, step);
  truncateMetrics(fs, metricsFile(run.path), step);
  if (checkpoint !== undefined) await options.restore(checkpoint);
  return step;
}
