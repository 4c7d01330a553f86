import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { interleaved, type Trial } from '../../src/claims/trials.js';
import { type OwnTrialsOptions, runOwnTrials } from '../../src/own-data/own-trials.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tutelage-own-trials-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const outcome = z.object({ curve: z.array(z.number()), test: z.number() });
const trials = interleaved([{ id: 'plain' }, { id: 'method' }], [1, 2, 3]);
const toy = ({ arm, seed }: Trial) => ({ curve: [seed / 3, Math.sqrt(seed)], test: arm.length / (seed + 6) });

function options(
  changes: Partial<OwnTrialsOptions<z.output<typeof outcome>>> = {},
): OwnTrialsOptions<z.output<typeof outcome>> {
  const { signal } = new AbortController();
  return { folder, facts: { data: 'abc', passes: 3 }, outcome, run: async (t) => toy(t), signal, ...changes };
}

/** Notes what is run, and calls `before` with how many were run before it. */
function noted(before: (count: number) => void = () => {}) {
  const ran: Trial[] = [];
  const run = async (trial: Trial) => {
    before(ran.length);
    ran.push(trial);
    return toy(trial);
  };
  return { ran, run };
}

const path = () => join(folder, 'trials', 'outcomes.jsonl');

test('every trial is run once, whatever the number of calls, and more seeds go on', async () => {
  const { ran, run } = noted();
  const first = await runOwnTrials(trials.slice(0, 4), options({ run }));
  expect(first).toEqual(trials.slice(0, 4).map((trial) => ({ ...trial, ...toy(trial) })));
  const second = await runOwnTrials(trials, options({ run }));
  expect(ran).toEqual(trials);
  expect(second).toEqual(trials.map((trial) => ({ ...trial, ...toy(trial) })));
});

test('after an interruption the same call goes on to the same bytes', async () => {
  await runOwnTrials(trials, options());
  const undisturbed = readFileSync(path(), 'utf8');
  rmSync(join(folder, 'trials'), { recursive: true });
  const controller = new AbortController();
  const { run } = noted((count) => count === 2 && controller.abort());
  expect(await runOwnTrials(trials, options({ run, signal: controller.signal }))).toHaveLength(2);
  appendFileSync(path(), '{"arm":"plain","seed":2,"cur');
  const { ran, run: rest } = noted();
  await runOwnTrials(trials, options({ run: rest }));
  expect(ran).toEqual(trials.slice(2));
  expect(readFileSync(path(), 'utf8')).toBe(undisturbed);
});

test('a trial that ends by an error because it was told to stop has not failed', async () => {
  const controller = new AbortController();
  const run = async () => {
    controller.abort();
    throw new Error('stopped');
  };
  expect(await runOwnTrials(trials, options({ run, signal: controller.signal }))).toEqual([]);
});

test('a trial that fails keeps the others, and frees the folder', async () => {
  const { run } = noted((count) => {
    if (count === 3) throw new Error('no memory');
  });
  await expect(runOwnTrials(trials, options({ run }))).rejects.toThrow('no memory');
  const { ran, run: rest } = noted();
  await runOwnTrials(trials, options({ run: rest }));
  expect(ran).toEqual(trials.slice(3));
});

test('other data or parameters are told by what differs', async () => {
  await runOwnTrials(trials, options());
  await expect(
    runOwnTrials(trials, options({ facts: { data: 'def', passes: 3, start: 1 } })),
  ).rejects.toMatchObject({
    name: 'UserError',
    message: `these trials are of other data or parameters: ${join(folder, 'trials')}`,
    detail: 'data: "abc" there, "def" now\nstart: nothing there, 1 now',
  });
});

test('an outcome that is none, and one that is damaged, are told by where they are', async () => {
  const run = async (trial: Trial) => ({ ...toy(trial), test: trial.seed === 2 ? Number.NaN : 1 });
  await expect(runOwnTrials(trials, options({ run }))).rejects.toMatchObject({
    message: 'no result: plain, seed 2',
    detail: expect.stringContaining('test: '),
  });
  writeFileSync(path(), readFileSync(path(), 'utf8').replace('"test":1', '"test":"well"'));
  await expect(runOwnTrials(trials, options())).rejects.toThrow(`damaged outcome: ${path()}:2`);
});
