import { expect, test } from 'vitest';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { nodeFileSystem } from '../../src/runs/file-system.js';
import { readMetrics } from '../../src/runs/metrics.js';
import { metricsFile } from '../../src/runs/run.js';
import { type GrpoOptions, teachByRewards } from '../../src/students/grpo.js';
import { tinyCausalModel } from '../tiny-causal-model.js';
import { newRun, silent, temporaryFolder } from './helpers.js';

const root = temporaryFolder();
const tokenizer = trainWordLevel(['red green blue one two three'], { vocabulary: 12 });
const model = tinyCausalModel(tokenizer, 1, { positions: 32 });

/** An answer is worth the share of its words that are the one asked for. */
const questions = ['red', 'green', 'blue'].map((word) => {
  const prompt = tokenizer.encodePlain(word);
  return {
    prompt,
    reward: (answer: readonly number[]) => answer.filter((token) => token === prompt[0]).length / 4,
  };
});

const options = (changes: Partial<GrpoOptions> = {}): GrpoOptions => ({
  run: newRun(root),
  progress: silent(),
  checkpointEvery: { steps: 3 },
  model,
  questions,
  steps: 40,
  questionsAStep: 3,
  groupSize: 16,
  maxTokens: 4,
  temperature: 1,
  clip: { low: 0.2, high: 0.28 },
  aggregation: 'token',
  scaled: false,
  learningRate: 0.02,
  seed: 1,
  threads: 1,
  ...changes,
});

const rewards = (path: string) =>
  readMetrics(nodeFileSystem, metricsFile(path)).rows.map((row) => Number(row.reward));

test('answers that are worth more come more often', async () => {
  const own = options();
  const { outcome } = await teachByRewards(own);
  const found = rewards(own.run.path);
  expect(outcome).toBe('finished');
  expect(found).toHaveLength(40);
  expect(found[0]).toBeLessThan(0.3);
  expect(found.at(-1)).toBeGreaterThan(0.6);
});

test('a run that is stopped in the middle goes on to the same bits', async () => {
  const whole = options({ steps: 8 });
  const undisturbed = await teachByRewards(whole);
  const stop = new AbortController();
  const stopped = options({
    steps: 8,
    signal: stop.signal,
    progress: silent((done) => done === 4 && stop.abort()),
  });
  expect((await teachByRewards(stopped)).outcome).toBe('paused');
  const { signal: _, ...again } = stopped;
  const resumed = await teachByRewards({ ...again, progress: silent() });
  expect(resumed.outcome).toBe('finished');
  expect(resumed.model.params).toEqual(undisturbed.model.params);
  expect(rewards(stopped.run.path)).toEqual(rewards(whole.run.path));
});
