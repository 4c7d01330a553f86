import { describe, expect, it } from 'vitest';
import { listCheckpoints } from '../../src/runs/checkpoint.js';
import type { FileSystem } from '../../src/runs/file-system.js';
import { lockOwner } from '../../src/runs/lock.js';
import { type LoopOptions, runLoop } from '../../src/runs/loop.js';
import { readMetrics } from '../../src/runs/metrics.js';
import { createRun, type Run } from '../../src/runs/run.js';
import { readStatus } from '../../src/runs/status.js';
import { memoryFileSystem, put } from './memory-file-system.js';
import type { FloatTensor } from './raw-codec.js';
import { silentProgress, toyLoop } from './toy.js';

interface Setting {
  readonly fs: FileSystem;
  readonly run: Run;
  readonly messages: string[];
  readonly loop: (totalSteps: number) => LoopOptions<FloatTensor>;
}

function newSetting(): Setting {
  const { fs } = memoryFileSystem();
  const run = createRun({ root: '/runs', name: 'toy', config: {} }, fs);
  const messages: string[] = [];
  const loop = (totalSteps: number): LoopOptions<FloatTensor> => ({
    ...toyLoop(run, { width: 8, totalSteps, saveEvery: 4 }, fs),
    progress: silentProgress(messages),
  });
  return { fs, run, messages, loop };
}

const weights = (fs: FileSystem, run: Run, step: number): Uint8Array =>
  fs.read(`${run.path}/checkpoints/step-${String(step).padStart(6, '0')}/weights.safetensors`);

describe('the training loop', () => {
  it('trains, saves, and does nothing more when all is done', async () => {
    const { fs, run, messages, loop } = newSetting();
    expect(await runLoop(loop(10))).toEqual({ outcome: 'finished', step: 10 });
    expect(listCheckpoints(fs, `${run.path}/checkpoints`)).toEqual([8, 10]);
    expect(readMetrics(fs, `${run.path}/metrics.jsonl`).rows.map(({ step }) => step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(readStatus(fs, run.path)).toMatchObject({ state: 'finished', step: 10, total: 10 });
    const again = loop(10);
    const noStep = (): never => {
      throw new Error('there was nothing to do');
    };
    expect(await runLoop({ ...again, step: noStep })).toEqual({ outcome: 'finished', step: 10 });
    expect(messages).toEqual([]);
  });

  it('gives the same bits in one go, in two, and with more steps wanted later', async () => {
    const straight = newSetting();
    await runLoop(straight.loop(21));
    const prolonged = newSetting();
    for (const total of [3, 14, 21]) await runLoop(prolonged.loop(total));
    expect(weights(prolonged.fs, prolonged.run, 21)).toEqual(weights(straight.fs, straight.run, 21));
  });

  it('goes back to the checkpoint before a damaged one, says so, and ends in the same bits', async () => {
    const straight = newSetting();
    await runLoop(straight.loop(13));
    const { fs, run, messages, loop } = newSetting();
    await runLoop(loop(10));
    put(fs, `${run.path}/checkpoints/step-000010/weights.safetensors`, 'garbage');
    await runLoop(loop(13));
    expect(messages).toEqual([
      expect.stringMatching(
        /^warning: checkpoint step-000010 is damaged and passed over: weights.safetensors has 7 /,
      ),
    ]);
    expect(weights(fs, run, 13)).toEqual(weights(straight.fs, straight.run, 13));
    expect(fs.read(`${run.path}/metrics.jsonl`)).toEqual(
      straight.fs.read(`${straight.run.path}/metrics.jsonl`),
    );
    expect(fs.list(`${run.path}/checkpoints`)).toContain('damaged-step-000010');
  });

  it('pauses with its state saved when the signal is aborted', async () => {
    const { fs, run, messages, loop } = newSetting();
    const controller = new AbortController();
    const options = loop(10);
    const paused = await runLoop({
      ...options,
      signal: controller.signal,
      step(index) {
        if (index === 5) controller.abort();
        return options.step(index);
      },
    });
    expect(paused).toEqual({ outcome: 'paused', step: 6 });
    expect(messages).toEqual([expect.stringMatching(/^saved at step 6; resume with: tutelage resume /)]);
    expect(readStatus(fs, run.path)).toMatchObject({ state: 'paused', step: 6 });
    expect(lockOwner(fs, run.path)).toBeUndefined();
    expect(await runLoop(loop(10))).toEqual({ outcome: 'finished', step: 10 });
  });

  it('marks a run as failed when a step throws, keeps its rows, and can resume it', async () => {
    const straight = newSetting();
    await runLoop(straight.loop(10));
    const { fs, run, messages, loop } = newSetting();
    const options = loop(10);
    const failing = runLoop({
      ...options,
      step(index) {
        if (index === 6) throw new RangeError('the loss is gone');
        return options.step(index);
      },
    });
    await expect(failing).rejects.toThrow(new RangeError('the loss is gone'));
    expect(readStatus(fs, run.path)).toMatchObject({ state: 'failed', step: 6, message: 'the loss is gone' });
    expect(messages).toEqual([expect.stringMatching(/^stopped at step 6, saved at step 4; resume with: /)]);
    expect(readMetrics(fs, `${run.path}/metrics.jsonl`).rows).toHaveLength(6);
    await runLoop(loop(10));
    expect(weights(fs, run, 10)).toEqual(weights(straight.fs, straight.run, 10));
  });

  it('saves after so many seconds', async () => {
    const { fs, run, loop } = newSetting();
    const options = loop(3);
    const saved: number[] = [];
    await runLoop({
      ...options,
      checkpointEvery: { seconds: 0.02 },
      async step(index) {
        saved.push(listCheckpoints(fs, `${run.path}/checkpoints`).at(-1) ?? 0);
        await new Promise((resolve) => setTimeout(resolve, index === 1 ? 30 : 0));
        return options.step(index);
      },
    });
    expect(saved[2]).toBe(2);
  });

  it('gives the turn to timers, even if every step is synchronous', async () => {
    const { loop } = newSetting();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const endless = { ...loop(1e9), checkpointEvery: { steps: 1e9 } };
    expect((await runLoop({ ...endless, signal: controller.signal })).outcome).toBe('paused');
  });

  it('refuses to resume a checkpoint of another graph', async () => {
    const { loop } = newSetting();
    await runLoop(loop(4));
    await expect(runLoop({ ...loop(8), graph: 'changed' })).rejects.toThrow(
      'the checkpoint belongs to another graph: linear instead of changed',
    );
  });
});
