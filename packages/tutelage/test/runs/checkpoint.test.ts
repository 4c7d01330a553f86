import { describe, expect, it } from 'vitest';
import {
  type CheckpointStore,
  listCheckpoints,
  loadBestCheckpoint,
  loadLatestCheckpoint,
  saveCheckpoint,
  setAsideAfter,
} from '../../src/runs/checkpoint.js';
import type { FileSystem } from '../../src/runs/file-system.js';
import type { JsonValue } from '../../src/runs/json.js';
import { systemError } from './faults.js';
import { memoryFileSystem, put } from './memory-file-system.js';
import { type FloatTensor, rawCodec } from './raw-codec.js';

function newStore(keep = 2): CheckpointStore<FloatTensor> & { warnings: string[] } {
  const warnings: string[] = [];
  const { fs } = memoryFileSystem();
  return {
    fs,
    folder: '/checkpoints',
    codec: rawCodec,
    engine: '1',
    graph: 'a',
    keep,
    warn: (message) => void warnings.push(message),
    warnings,
  };
}

function save(
  store: CheckpointStore<FloatTensor>,
  step: number,
  score?: number,
  state: JsonValue = { step },
): void {
  const data = Float32Array.of(step, step + 0.5);
  const tensors = new Map([['w', { dtype: 'float32', shape: [2], data }]]);
  saveCheckpoint(store, { step, tensors, state, ...(score === undefined ? {} : { score }) });
}

const steps = ({ fs, folder }: CheckpointStore<FloatTensor>): number[] => listCheckpoints(fs, folder);

describe('checkpoints', () => {
  it('come back as they were saved', () => {
    const store = newStore();
    expect(loadLatestCheckpoint(store)).toBeUndefined();
    const state = { cursor: [1, 2.5, null], text: 'ünï', nested: { '2': true, '1': 1e-300 } };
    save(store, 7, 0.25, state);
    const loaded = loadLatestCheckpoint(store);
    expect(loaded).toMatchObject({ step: 7, state, score: 0.25 });
    expect(loaded?.tensors.get('w')?.data).toEqual(Float32Array.of(7, 7.5));
  });

  it('keep the last two and the best', () => {
    const store = newStore();
    const scores = [0.1, 0.9, 0.2, 0.3, 0.9, 0.4];
    scores.forEach((score, index) => {
      save(store, 10 * (index + 1), score);
    });
    expect(steps(store)).toEqual([20, 50, 60]);
    expect(loadBestCheckpoint(store)?.step).toBe(20);
    save(store, 70, 1);
    save(store, 80, 0);
    expect(steps(store)).toEqual([70, 80]);
  });

  it('keep as many as wanted, in the order of their steps', () => {
    const store = newStore(3);
    for (const step of [5, 999_999, 1_000_000, 2_000_000]) save(store, step);
    expect(steps(store)).toEqual([999_999, 1_000_000, 2_000_000]);
    expect(loadLatestCheckpoint(store)?.step).toBe(2_000_000);
    expect(loadBestCheckpoint(store)).toBeUndefined();
  });

  it('of a step that was saved before are left alone if intact, and replaced if damaged', () => {
    const store = newStore();
    save(store, 1);
    save(store, 1, undefined, { other: true });
    expect(loadLatestCheckpoint(store)?.state).toEqual({ step: 1 });
    put(store.fs, '/checkpoints/step-000001/weights.safetensors', new Uint8Array(3));
    save(store, 1, undefined, { other: true });
    expect(loadLatestCheckpoint(store)?.state).toEqual({ other: true });
  });

  it.each([Number.NaN, -0, [undefined], { a: { b: [1, new Float32Array(1)] } }, new Map(), 1n])(
    'refuse a state that JSON would change: %o',
    (state) => {
      const store = newStore();
      expect(() => save(store, 1, undefined, { state } as JsonValue)).toThrow(
        /^state\.state.*JSON can't hold this/,
      );
      expect(steps(store)).toEqual([]);
    },
  );

  it('refuse a circular state', () => {
    const state: Record<string, JsonValue> = {};
    state.self = state;
    expect(() => save(newStore(), 1, undefined, state)).toThrow('state.self: a reference to its own parent');
  });
});

describe('a damaged checkpoint', () => {
  const damages: [string, (fs: FileSystem, path: string) => void, string][] = [
    ['no weights', (fs, path) => fs.remove(`${path}/weights.safetensors`), 'no such file'],
    ['no state', (fs, path) => fs.remove(`${path}/state.json`), 'no such file'],
    [
      'short weights',
      (fs, path) => put(fs, `${path}/weights.safetensors`, new Uint8Array(5)),
      'weights.safetensors has 5 bytes instead of ',
    ],
    ['torn state', (fs, path) => put(fs, `${path}/state.json`, Buffer.from('{"digest":')), 'not valid JSON'],
    ['foreign state', (fs, path) => put(fs, `${path}/state.json`, Buffer.from('[]')), 'no digest'],
    ['empty folder', (fs, path) => [fs.remove(path), fs.makeFolder(path)], 'no such file'],
  ];

  it.each(damages)('(%s) is passed over with a warning for the one before', (_name, damage, warning) => {
    const store = newStore();
    save(store, 1);
    save(store, 2);
    damage(store.fs, '/checkpoints/step-000002');
    expect(loadLatestCheckpoint(store)?.step).toBe(1);
    expect(store.warnings).toEqual([
      expect.stringContaining('checkpoint step-000002 is damaged and passed over: '),
    ]);
    expect(store.warnings[0]).toContain(warning);
  });

  it('is recognised by any single flipped bit', () => {
    const store = newStore();
    save(store, 1);
    save(store, 2);
    for (const name of ['weights.safetensors', 'state.json']) {
      const path = `/checkpoints/step-000002/${name}`;
      const good = store.fs.read(path);
      // The line feed at the end of state.json says nothing.
      for (let bit = 0; bit < 8 * (good.length - 1); bit++) {
        const bad = good.slice();
        bad[bit >> 3]! ^= 1 << (bit & 7);
        put(store.fs, path, bad);
        expect(loadLatestCheckpoint(store)?.step, `${name}, bit ${bit}`).toBe(1);
      }
      put(store.fs, path, good);
    }
    expect(loadLatestCheckpoint(store)?.step).toBe(2);
  });

  it('is no reason to start from the beginning without a word when there is no other', () => {
    const store = newStore();
    save(store, 1);
    put(store.fs, '/checkpoints/step-000001/state.json', new Uint8Array(0));
    expect(() => loadLatestCheckpoint(store)).toThrow('every checkpoint is damaged: /checkpoints');
  });

  it('is set aside, so that it does not push good ones out', () => {
    const store = newStore();
    save(store, 1);
    save(store, 3);
    setAsideAfter(store.fs, store.folder, 1);
    save(store, 2);
    expect(steps(store)).toEqual([1, 2]);
    expect(store.fs.list('/checkpoints')).toContain('damaged-step-000003');
  });

  it('that comes from the disk itself is noticed while the one before still exists', () => {
    const store = newStore(1);
    save(store, 1);
    const lying: FileSystem = {
      ...store.fs,
      write: (descriptor, bytes) =>
        store.fs.write(
          descriptor,
          bytes.map((byte) => byte ^ 4),
        ),
    };
    expect(() => save({ ...store, fs: lying }, 2)).toThrow(/checkpoint read back differently: .*step-000002/);
    expect(loadLatestCheckpoint(store)?.step).toBe(1);
  });
});

describe('a checkpoint of something else', () => {
  it('is refused if the graph differs, and used with a warning if only the engine does', () => {
    const store = newStore();
    save(store, 1);
    expect(() => loadLatestCheckpoint({ ...store, graph: 'b' })).toThrow(
      'the checkpoint belongs to another graph: a instead of b',
    );
    expect(loadLatestCheckpoint({ ...store, engine: '2' })?.step).toBe(1);
    expect(store.warnings).toEqual(['engine 1 wrote this checkpoint, 2 goes on: the last bits may differ']);
  });
});

describe('old checkpoints', () => {
  it('that cannot be removed are worth a warning only', () => {
    const store = newStore(1);
    save(store, 1);
    const stuck: FileSystem = {
      ...store.fs,
      rename(from, to) {
        if (from.endsWith('step-000001')) throw systemError('EPERM');
        store.fs.rename(from, to);
      },
    };
    save({ ...store, fs: stuck }, 2);
    expect(store.warnings).toEqual([
      'could not remove old checkpoints: operation not permitted: /checkpoints',
    ]);
    expect(steps(store)).toEqual([1, 2]);
  });
});
