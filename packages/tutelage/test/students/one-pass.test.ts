import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { nodeFileSystem } from '../../src/runs/file-system.js';
import { openJournal } from '../../src/runs/journal.js';
import { readMetrics } from '../../src/runs/metrics.js';
import { metricsFile } from '../../src/runs/run.js';
import { teachLessons } from '../../src/students/causal-lessons.js';
import { dpoCausal, pairLogs } from '../../src/students/causal-preferences.js';
import { passLogs } from '../../src/students/lesson-logs.js';
import type { OnePass } from '../../src/students/one-pass.js';
import type { LessonPair } from '../../src/students/pair-passes.js';
import { initRewardModel, teachRewards } from '../../src/students/reward-model.js';
import { tinyCausalModel } from '../tiny-causal-model.js';
import { newRun, silent, temporaryFolder } from './helpers.js';

const root = temporaryFolder();
const words = Array.from({ length: 20 }, (_, i) => `w${i}`);
const tokenizer = trainWordLevel(words, { vocabulary: 32 });
const model = tinyCausalModel(tokenizer, 1);
const dice = random.stream(random.key(2));
const drawn = () => Array.from({ length: 2 + dice.integer(8) }, () => dice.integer(20));
const pairs: LessonPair[] = Array.from({ length: 64 }, () => {
  const prompt = drawn();
  return { chosen: { prompt, answer: drawn() }, rejected: { prompt, answer: drawn() } };
});
const reference = pairs.map(() => ({ chosen: dice.uniform() - 20, rejected: dice.uniform() - 20 }));

const methods: readonly [string, (options: OnePass) => Promise<{ readonly params: unknown }>][] = [
  ['answers', (options) => teachLessons({ ...options, model, lessons: pairs.map(({ chosen }) => chosen) })],
  ['preferences', (options) => dpoCausal({ ...options, model, pairs, reference, beta: 0.3 })],
  ['judging', (options) => teachRewards({ ...options, model: initRewardModel(model), pairs })],
];

const settings = (loraRank: number): OnePass => ({
  learningRate: 0.01,
  batchSize: 8,
  loraRank,
  seed: 1,
  threads: 1,
  signal: new AbortController().signal,
});
const newKept = (onStep?: (done: number) => void) => ({
  run: newRun(root),
  progress: silent(onStep),
  checkpointEvery: { steps: 2 },
});
const rowsOf = ({ run }: NonNullable<OnePass['kept']>) =>
  readMetrics(nodeFileSystem, metricsFile(run.path)).rows;

describe.each(methods)('a training by %s', (_, teach) => {
  test.each([0, 4])('goes on to the same bits, by changes of rank %i (0 for all weights)', async (rank) => {
    const whole = { ...settings(rank), kept: newKept() };
    const undisturbed = await teach(whole);
    expect(rowsOf(whole.kept)).toHaveLength(8);
    expect((await teach(settings(rank))).params).toEqual(undisturbed.params);

    const stop = new AbortController();
    const stopped = newKept((done) => done === 3 && stop.abort());
    await teach({ ...settings(rank), kept: stopped, signal: stop.signal });
    expect(rowsOf(stopped)).toHaveLength(3);
    // Ends as if killed: what was done after the checkpoint of step 4 is lost.
    const killed = { ...stopped, progress: silent((done) => void (done === 5 && thrown('killed'))) };
    await expect(teach({ ...settings(rank), kept: killed })).rejects.toThrow('killed');
    const again = { ...stopped, progress: silent() };
    const resumed = await teach({ ...settings(rank), kept: again });
    expect(resumed.params).toEqual(undisturbed.params);
    expect(rowsOf(again)).toEqual(rowsOf(whole.kept));
  });
});

function thrown(message: string): never {
  throw new Error(message);
}

test('log-probabilities that are kept are not computed again', async () => {
  const session = { signal: new AbortController().signal, threads: 1 };
  const all = Array.from({ length: 12 }, () => pairs).flatMap((some, i) =>
    some.map(({ chosen, rejected }) => ({
      chosen,
      rejected: { ...rejected, prompt: [i, ...rejected.prompt] },
    })),
  );
  const known = await pairLogs(model, all, session);
  const path = join(root, 'reference.jsonl');
  const open = () =>
    openJournal(nodeFileSystem, path, { facts: {}, record: passLogs, otherwise: () => new Error() as never });
  const kept = open();
  const stop = new AbortController();
  const stopping = {
    ...kept,
    add(record: (typeof kept.records)[number]) {
      kept.add(record);
      if (kept.records.length === 2) stop.abort();
    },
  };
  const part = await pairLogs(model, all, { ...session, signal: stop.signal, journal: stopping });
  expect(part.length).toBeLessThan(all.length);
  const again = open();
  expect(again.records).toHaveLength(2);
  expect(await pairLogs(model, all, { ...session, journal: again })).toEqual(known);
  const unread = { ...model, params: tinyCausalModel(tokenizer, 2).params };
  expect(await pairLogs(unread, all, { ...session, journal: open() })).toEqual(known);
});
