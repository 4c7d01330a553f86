import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { listCheckpoints } from '../../src/runs/checkpoint.js';
import type { FileSystem } from '../../src/runs/file-system.js';
import { runLoop } from '../../src/runs/loop.js';
import { createRun, openRun, type Run } from '../../src/runs/run.js';
import { intercepted, systemError } from './faults.js';
import { memoryFileSystem } from './memory-file-system.js';
import { silentProgress, toyLoop } from './toy.js';

const settings = { width: 16, totalSteps: 20, saveEvery: 6 };
const now = new Date('2026-01-02T03:04:05Z');
const newRun = (fs: FileSystem): Run =>
  createRun({ root: '/runs', name: 'Toy', config: { width: settings.width }, now }, fs);

/** The bytes in which two runs must agree: metrics, and weights, optimizer and state at the end. */
function outcome(fs: FileSystem, { path }: Run): string {
  const last = `${path}/checkpoints/step-${String(settings.totalSteps).padStart(6, '0')}`;
  return [`${path}/metrics.jsonl`, `${last}/weights.safetensors`, `${last}/state.json`]
    .map((file) => Buffer.from(fs.read(file)).toString('latin1'))
    .join('\n');
}

/** This process is not dead, as the one that held the lock would be. */
function freeLock(fs: FileSystem, { path }: Run): void {
  for (const name of fs.list(path)) if (name.startsWith('lock-')) fs.remove(`${path}/${name}`);
}

async function undisturbed(): Promise<{ calls: number; expected: string }> {
  const { fs } = memoryFileSystem();
  const run = newRun(fs);
  let calls = 0;
  const counted = intercepted(fs, (count) => {
    calls = count;
  });
  await runLoop(toyLoop(run, settings, counted));
  return { calls, expected: outcome(fs, run) };
}

describe('a run that is disturbed at any of its system calls', () => {
  it.each([
    ['the process is killed', 'everything'],
    ['the power fails', 'nothing'],
    ['the power fails between names and bytes', 'names'],
  ] as const)('goes on to the same bits after %s', async (_name, survives) => {
    const { calls, expected } = await undisturbed();
    expect(calls).toBeGreaterThan(150);
    for (let fatal = 1; fatal <= calls; fatal++) {
      const { fs, failPower } = memoryFileSystem();
      const run = newRun(fs);
      let stepsDone = 0;
      const dying = intercepted(fs, (count) => {
        if (count >= fatal) throw new Error('the process is dead');
      });
      const options = toyLoop(run, settings, dying);
      const step = (index: number) => {
        stepsDone = index;
        return options.step(index);
      };
      // Whatever is thrown, and whatever the code then does: not a call reaches the disk any more.
      await runLoop({ ...options, step }).catch(() => undefined);
      if (survives !== 'everything') failPower(survives);
      freeLock(fs, run);

      let resumedAt = settings.totalSteps;
      const again = toyLoop(openRun(run.path, fs), settings, fs);
      await runLoop({
        ...again,
        step(index) {
          resumedAt = Math.min(resumedAt, index);
          return again.step(index);
        },
      });
      expect(outcome(fs, run), `call ${fatal}`).toBe(expected);
      expect(stepsDone - resumedAt, `call ${fatal}`).toBeLessThan(settings.saveEvery);
      const litter = [...fs.list(run.path), ...fs.list(`${run.path}/checkpoints`)].filter((name) =>
        name.endsWith('.tmp'),
      );
      expect(litter, `call ${fatal}`).toEqual([]);
    }
  });

  it.each(['EIO', 'ENOSPC'])('reports %s in any single call, and resumes to the same bits', async (code) => {
    const { calls, expected } = await undisturbed();
    let stopped = 0;
    for (let failing = 1; failing <= calls; failing++) {
      const { fs } = memoryFileSystem();
      const run = newRun(fs);
      const messages: string[] = [];
      const faulty = intercepted(fs, (count) => {
        if (count === failing) throw systemError(code);
      });
      try {
        await runLoop({ ...toyLoop(run, settings, faulty), progress: silentProgress(messages) });
      } catch (error) {
        expect(error, `call ${failing}`).toBeInstanceOf(UserError);
        stopped++;
      }
      freeLock(fs, run);
      await runLoop(toyLoop(openRun(run.path, fs), settings, fs));
      expect(outcome(fs, run), `call ${failing}: ${messages.join('; ')}`).toBe(expected);
    }
    expect(stopped).toBeGreaterThan(50);
  });
});

describe('a disk that cannot be written to', () => {
  it('stops a run that fills it with a clear message, and lets it go on when there is space', async () => {
    const { expected } = await undisturbed();
    const { fs } = memoryFileSystem();
    const run = newRun(fs);
    let space = 4000;
    const full: FileSystem = {
      ...fs,
      write(descriptor, bytes) {
        if (space === 0) throw systemError('ENOSPC');
        const count = fs.write(descriptor, bytes.subarray(0, space));
        space -= count;
        return count;
      },
    };
    const messages: string[] = [];
    const stopped = runLoop({ ...toyLoop(run, settings, full), progress: silentProgress(messages) });
    await expect(stopped).rejects.toThrow(/could not save the checkpoint: the disk is full: .*checkpoints/);
    expect(messages.at(-1)).toMatch(/stopped at step \d+, saved at step \d+; resume with: tutelage resume /);
    expect(listCheckpoints(fs, `${run.path}/checkpoints`).length).toBeGreaterThan(0);
    space = 1e9;
    await runLoop(toyLoop(run, settings, full));
    expect(outcome(fs, run)).toBe(expected);
  });

  it('goes on training when only the metrics cannot be written, warns once, and writes them later', async () => {
    const { expected } = await undisturbed();
    const { fs } = memoryFileSystem();
    const run = newRun(fs);
    let opened = 0;
    const stubborn: FileSystem = {
      ...fs,
      open(path, mode) {
        if (mode === 'append' && ++opened <= 3) throw systemError('ENOSPC');
        return fs.open(path, mode);
      },
    };
    const messages: string[] = [];
    await runLoop({ ...toyLoop(run, settings, stubborn), progress: silentProgress(messages) });
    expect(opened).toBeGreaterThan(3);
    expect(messages).toEqual([
      `warning: metrics wait in memory: the disk is full: ${run.path}/metrics.jsonl`,
    ]);
    expect(outcome(fs, run)).toBe(expected);
  });

  it('refuses a read-only folder before training', async () => {
    const { fs } = memoryFileSystem();
    const run = newRun(fs);
    const forbid = (): never => {
      throw systemError('EROFS');
    };
    const readOnly = intercepted(fs, (_count, call) => {
      if (['write', 'rename', 'makeFolder', 'remove', 'truncate'].includes(call)) forbid();
    });
    const sealed = new Proxy(readOnly, {
      get: (target, property) =>
        property === 'open'
          ? (path: string, mode: 'read') => (mode === 'read' ? target.open(path, mode) : forbid())
          : Reflect.get(target, property),
    });
    await expect(runLoop(toyLoop(run, settings, sealed))).rejects.toThrow(
      `could not lock the run: the file system is read-only: ${run.path}`,
    );
    expect(() => createRun({ root: '/more', name: 'x', config: {} }, sealed)).toThrow(
      'could not create the run: the file system is read-only: /more',
    );
  });
});
