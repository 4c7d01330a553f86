import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { quietly, temporaryName, writeFileDurably } from './atomic.js';
import { explained, reason } from './file-errors.js';
import type { FileSystem } from './file-system.js';
import { assertJson, type JsonValue } from './json.js';
import { decodeManifest, encodeManifest, type Manifest, sha256 } from './manifest.js';

/** A typed array with the type and shape under which it is stored; the codec knows which `dtype`s it can hold. */
export interface NamedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

/** How named tensors become the bytes of one file, and back. `decode` throws on malformed bytes. */
export interface TensorCodec<T extends NamedTensor = NamedTensor> {
  encode(tensors: ReadonlyMap<string, T>, metadata: Readonly<Record<string, string>>): Uint8Array;
  decode(bytes: Uint8Array): { readonly tensors: ReadonlyMap<string, T> };
}

/** All that a run needs to go on: what {@link saveCheckpoint} stores and {@link loadLatestCheckpoint} returns. */
export interface Checkpoint<T extends NamedTensor = NamedTensor> {
  /** How many steps are done. */
  readonly step: number;
  /** Weights, optimizer slots, moving averages: every array. */
  readonly tensors: ReadonlyMap<string, T>;
  /** Data cursor, random generators, schedules, curriculum and teacher state: everything else. */
  readonly state: JsonValue;
  /** How good the student is, greater being better. The checkpoint with the highest score is kept. */
  readonly score?: number;
}

/** A run's `checkpoints/` folder, and what belongs to writing and reading it. */
export interface CheckpointStore<T extends NamedTensor = NamedTensor> {
  readonly fs: FileSystem;
  readonly folder: string;
  readonly codec: TensorCodec<T>;
  /** Version of the engine and hash of the training graph: other bits may come out when these change. */
  readonly engine: string;
  readonly graph: string;
  /** How many of the latest checkpoints to keep, besides the best; at least 1. */
  readonly keep: number;
  readonly warn: (message: string) => void;
}

const weightsFile = 'weights.safetensors';
const stateFile = 'state.json';

const folderName = (step: number): string => `step-${String(step).padStart(6, '0')}`;

/** The steps of which a checkpoint exists, intact or not, in ascending order. */
export function listCheckpoints(fs: FileSystem, folder: string): number[] {
  const names = explained('list the checkpoints', folder, () =>
    fs.kind(folder) === 'absent' ? [] : fs.list(folder),
  );
  return names
    .flatMap((name) => /^step-(\d{6,})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Stores a checkpoint as `step-000123/` with `weights.safetensors` and `state.json`, so that after a crash at any
 * point it is there as a whole or not at all. Older ones are removed only when the new one has been read back and
 * found right; the last `keep` and the one with the highest score stay. A run is deterministic, so an intact
 * checkpoint of the same step is left as it is.
 *
 * @throws {UserError} when the disk is full, read-only, ..., or does not give back what was written.
 */
export function saveCheckpoint<T extends NamedTensor>(
  store: CheckpointStore<T>,
  checkpoint: Checkpoint<T>,
): void {
  const { fs, folder } = store;
  const { step, tensors, state, score } = checkpoint;
  assertJson(state, 'state');
  const target = join(folder, folderName(step));
  explained('save the checkpoint', folder, () => {
    if (fs.kind(folder) === 'absent') fs.makeFolder(folder);
    if (fs.kind(target) !== 'absent') {
      if (damage(fs, target) === undefined) return;
      discard(fs, target);
    }
    const weights = store.codec.encode(tensors, { step: String(step), graph: store.graph });
    const manifest = encodeManifest({
      step,
      engine: store.engine,
      graph: store.graph,
      ...(score === undefined ? {} : { score }),
      weights: { bytes: weights.length, sha256: sha256(weights) },
      state,
    });
    writeFolderAtomic(fs, target, {
      [weightsFile]: weights,
      [stateFile]: new TextEncoder().encode(manifest),
    });
    fs.syncFolder(folder);
  });
  const fault = damage(fs, target);
  if (fault !== undefined) {
    quietly(() => discard(fs, target));
    throw new UserError(`checkpoint read back differently: ${target}: ${fault}`, {
      hint: 'check the disk; the checkpoint before it is still there',
    });
  }
  removeOld(store);
}

function writeFolderAtomic(
  fs: FileSystem,
  target: string,
  files: Readonly<Record<string, Uint8Array>>,
): void {
  const temporary = temporaryName(target);
  try {
    fs.remove(temporary);
    fs.makeFolder(temporary);
    for (const [name, bytes] of Object.entries(files)) writeFileDurably(fs, join(temporary, name), bytes);
    fs.syncFolder(temporary);
    fs.rename(temporary, target);
  } catch (error) {
    quietly(() => fs.remove(temporary));
    throw error;
  }
}

/** Removes a checkpoint: first its name, at once, then its content, which may take a while. */
function discard(fs: FileSystem, target: string): void {
  const temporary = temporaryName(target);
  fs.remove(temporary);
  fs.rename(target, temporary);
  fs.remove(temporary);
}

function removeOld(store: Omit<CheckpointStore, 'codec'>): void {
  const { fs, folder } = store;
  try {
    const steps = listCheckpoints(fs, folder);
    const best = bestStep(fs, folder, steps);
    for (const step of steps.slice(0, -store.keep)) {
      if (step !== best) discard(fs, join(folder, folderName(step)));
    }
  } catch (error) {
    store.warn(`could not remove old checkpoints: ${reason(error)}: ${folder}`);
  }
}

function bestStep(fs: FileSystem, folder: string, steps: readonly number[]): number | undefined {
  let best: { step: number; score: number } | undefined;
  for (const step of steps) {
    const score = scoreOf(fs, join(folder, folderName(step)));
    if (score !== undefined && (best === undefined || score > best.score)) best = { step, score };
  }
  return best?.step;
}

function scoreOf(fs: FileSystem, path: string): number | undefined {
  try {
    return readManifest(fs, path).score;
  } catch {
    return undefined;
  }
}

function readManifest(fs: FileSystem, path: string): Manifest {
  return decodeManifest(new TextDecoder().decode(fs.read(join(path, stateFile))));
}

function readVerified(fs: FileSystem, path: string): { manifest: Manifest; weights: Uint8Array } {
  const manifest = readManifest(fs, path);
  const weights = fs.read(join(path, weightsFile));
  if (weights.length !== manifest.weights.bytes) {
    throw new Error(`${weightsFile} has ${weights.length} bytes instead of ${manifest.weights.bytes}`);
  }
  if (sha256(weights) !== manifest.weights.sha256)
    throw new Error(`${weightsFile} does not match its sha256`);
  return { manifest, weights };
}

function damage(fs: FileSystem, path: string): string | undefined {
  try {
    readVerified(fs, path);
    return undefined;
  } catch (error) {
    return reason(error);
  }
}

function load<T extends NamedTensor>(store: CheckpointStore<T>, step: number): Checkpoint<T> & Manifest {
  const { manifest, weights } = readVerified(store.fs, join(store.folder, folderName(step)));
  return { ...manifest, tensors: store.codec.decode(weights).tensors };
}

/**
 * The latest intact checkpoint, or `undefined` if there is none at all. A damaged one is passed over with a warning
 * that says what is wrong with it.
 *
 * @throws {UserError} when all are damaged, or when the checkpoint belongs to another graph.
 */
export function loadLatestCheckpoint<T extends NamedTensor>(
  store: CheckpointStore<T>,
): Checkpoint<T> | undefined {
  const steps = listCheckpoints(store.fs, store.folder);
  for (const step of steps.reverse()) {
    let checkpoint: Checkpoint<T> & Manifest;
    try {
      checkpoint = load(store, step);
    } catch (error) {
      store.warn(`checkpoint ${folderName(step)} is damaged and passed over: ${reason(error)}`);
      continue;
    }
    checkIdentity(store, checkpoint);
    return checkpoint;
  }
  if (steps.length === 0) return undefined;
  throw new UserError(`every checkpoint is damaged: ${store.folder}`, {
    hint: 'remove that folder to train this run from the beginning',
  });
}

/**
 * The checkpoint with the highest score, or `undefined` if none was saved with a score.
 *
 * @throws {UserError} when it is damaged, or belongs to another graph.
 */
export function loadBestCheckpoint<T extends NamedTensor>(
  store: CheckpointStore<T>,
): Checkpoint<T> | undefined {
  const { fs, folder } = store;
  const step = bestStep(fs, folder, listCheckpoints(fs, folder));
  if (step === undefined) return undefined;
  const path = join(folder, folderName(step));
  const fault = damage(fs, path);
  if (fault !== undefined) {
    throw new UserError(`the best checkpoint is damaged: ${path}: ${fault}`, {
      hint: 'use the latest one instead',
    });
  }
  const checkpoint = load(store, step);
  checkIdentity(store, checkpoint);
  return checkpoint;
}

function checkIdentity(store: Omit<CheckpointStore, 'codec'>, manifest: Manifest): void {
  const { engine, graph } = store;
  if (manifest.graph !== graph) {
    throw new UserError(
      `the checkpoint belongs to another graph: ${manifest.graph} instead of ${graph}: ${store.folder}`,
      {
        hint: 'the model, the loss or the optimizer has changed since; undo that change, or start a new run',
      },
    );
  }
  if (manifest.engine !== engine) {
    store.warn(
      `engine ${manifest.engine} wrote this checkpoint, ${engine} goes on: the last bits may differ`,
    );
  }
}

/**
 * Renames the checkpoints beyond `step` to `damaged-step-...`. A run that goes on from an earlier one calls this, so
 * that they neither pass for its latest nor push good ones out.
 */
export function setAsideAfter(fs: FileSystem, folder: string, step: number): void {
  explained('set damaged checkpoints aside', folder, () => {
    for (const later of listCheckpoints(fs, folder).filter((other) => other > step)) {
      const name = folderName(later);
      fs.remove(join(folder, `damaged-${name}`));
      fs.rename(join(folder, name), join(folder, `damaged-${name}`));
    }
  });
}
