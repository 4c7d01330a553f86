import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '@tutelage/engine/data';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLoop } from '../../src/runs/loop.js';
import { createRun, listRuns, openRun } from '../../src/runs/run.js';
import type { ChildTask } from './child.js';
import { type ToySettings, toyLoop } from './toy.js';

let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tutelage-kill-'));
  program = join(folder, 'child.mjs');
  buildSync({
    entryPoints: [new URL('child.ts', import.meta.url).pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    alias: { '@tutelage/engine/data': new URL('../../../engine/src/data.ts', import.meta.url).pathname },
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

function start(task: ChildTask): { child: ChildProcess; ended: Promise<Ending>; started: Promise<void> } {
  const child = spawn(process.execPath, [program, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const started = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  const ended = new Promise<Ending>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, output })),
  );
  return { child, ended, started };
}

const settings = { width: 512, totalSteps: 60, saveEvery: 10 };
const longSettings = { ...settings, totalSteps: 400 };

function newTask(name: string, taskSettings: ToySettings = settings): ChildTask {
  const { path } = createRun({ root: folder, name, config: {} });
  const journal = join(path, 'journal');
  appendFileSync(journal, '');
  return { ...taskSettings, path, journal };
}

async function undisturbed(taskSettings: ToySettings = settings): Promise<Buffer[]> {
  const task = newTask('undisturbed', taskSettings);
  await runLoop(toyLoop(openRun(task.path), task));
  return outcome(task);
}

function outcome({ path, totalSteps }: ChildTask): Buffer[] {
  const last = `checkpoints/step-${String(totalSteps).padStart(6, '0')}`;
  return ['metrics.jsonl', `${last}/weights.safetensors`, `${last}/state.json`].map((file) =>
    readFileSync(join(path, file)),
  );
}

describe('kill -9', () => {
  it('at twenty random points loses at most the steps since the last checkpoint, and no bit', async () => {
    const task = newTask('killed', longSettings);
    let reached = 0;
    let starts = 0;
    for (let kill = 0; kill < 20; kill++) {
      const [kind, amount] = random.philox([kill, 0, 0, 0], 2026, 11);
      const point = { killAtStep: 1 + (amount % 30), killAtCall: 1 + (amount % 120) };
      const killed = kind % 2 === 0 ? { killAtStep: point.killAtStep } : { killAtCall: point.killAtCall };
      const { signal } = await start({ ...task, ...killed }).ended;
      expect(signal, `kill ${kill}`).toBe('SIGKILL');
      const lines = readFileSync(task.journal, 'utf8').trim().split('\n');
      const from = lines.length > starts ? Number(lines.at(-1)?.replace('from ', '')) : undefined;
      starts = lines.length;
      // Killed before it got to train.
      if (from === undefined) continue;
      expect(from, `kill ${kill}`).toBeGreaterThan(reached - task.saveEvery);
      reached = 'killAtStep' in killed ? from + point.killAtStep - 1 : from;
      expect(reached).toBeLessThan(task.totalSteps);
    }
    expect(reached).toBeGreaterThan(50);
    expect(listRuns(folder).find(({ path }) => path === task.path)?.state).toBe('paused');
    expect(await start(task).ended).toMatchObject({ code: 0, output: '' });
    expect(outcome(task)).toEqual(await undisturbed(longSettings));
    expect(listRuns(folder).find(({ path }) => path === task.path)).toMatchObject({
      state: 'finished',
      step: task.totalSteps,
    });
  });

  it('when a checkpoint is written but not yet in its place leaves no trace of it', async () => {
    const task = newTask('killed while saving');
    expect((await start({ ...task, killAtRename: 2 }).ended).signal).toBe('SIGKILL');
    expect(readdirSync(join(task.path, 'checkpoints'))).toEqual([
      expect.stringMatching(/^\.step-000010\.\d+\.tmp$/),
    ]);
    expect(await start(task).ended).toMatchObject({ code: 0, output: '' });
    expect(outcome(task)).toEqual(await undisturbed());
    expect(readdirSync(join(task.path, 'checkpoints')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('from outside, at a moment that nobody chose', async () => {
    const task = newTask('killed from outside');
    for (const milliseconds of [0, 20, 40]) {
      const { child, ended, started } = start({ ...task, hangAtStep: 50 });
      await Promise.race([started, new Promise((resolve) => setTimeout(resolve, 100 + milliseconds))]);
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
    }
    expect(await start(task).ended).toMatchObject({ code: 0 });
    expect(outcome(task)).toEqual(await undisturbed());
  });
});

describe('two processes', () => {
  it('may not train one run: the second is told who does', async () => {
    const task = newTask('two');
    const first = start({ ...task, hangAtStep: 5 });
    await first.started;
    const second = await start(task).ended;
    expect(second.code).toBe(1);
    expect(second.output).toContain(`this run is held by process ${first.child.pid} on `);
    expect(listRuns(folder).find(({ path }) => path === task.path)?.state).toBe('running');
    first.child.kill('SIGKILL');
    await first.ended;
    expect((await start(task).ended).code).toBe(0);
  });

  it('that start together after a crash do not both get the run', async () => {
    const task = newTask('race');
    await start({ ...task, killAtStep: 3 }).ended;
    const racers = Array.from({ length: 4 }, () => start({ ...task, hangAtStep: 5 }));
    const first = await Promise.race(racers.map(({ started }, index) => started.then(() => index)));
    const losers = await Promise.all(racers.filter((_, index) => index !== first).map(({ ended }) => ended));
    for (const { code, output } of losers) {
      expect(code).toBe(1);
      expect(output).toMatch(/held by process|another process has just started/);
    }
    racers[first]?.child.kill('SIGKILL');
    await racers[first]?.ended;
  });
});

describe('Ctrl-C', () => {
  it('finishes the step, saves, prints the command that resumes, and exits with 130', async () => {
    const task = newTask("it's paused");
    const { child, ended } = start({ ...task, totalSteps: 1e9, saveEvery: 1e9 });
    while (readFileSync(task.journal, 'utf8') === '') await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGINT');
    const { code, output } = await ended;
    expect(code).toBe(130);
    const step = Number(/^saved at step (\d+); resume with: tutelage resume \S+\n$/.exec(output)?.[1]);
    expect(step).toBeGreaterThan(0);
    expect(listRuns(folder).find(({ path }) => path === task.path)).toMatchObject({ state: 'paused', step });
    const rows = readFileSync(join(task.path, 'metrics.jsonl'), 'utf8').trim().split('\n');
    expect(rows).toHaveLength(step);
  });

  it('pressed twice ends the process at once', async () => {
    const { child, ended, started } = start({ ...newTask('impatient'), hangAtStep: 5 });
    await started;
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });
});
