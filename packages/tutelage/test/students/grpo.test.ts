import { leavesOf, type Tensor, type Tree, tensor } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { nodeFileSystem } from '../../src/runs/file-system.js';
import { readMetrics } from '../../src/runs/metrics.js';
import { metricsFile } from '../../src/runs/run.js';
import {
  type Drawn,
  type GrpoOptions,
  type Guidance,
  policyLearner,
  teachByRewards,
} from '../../src/students/grpo.js';
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

/** The right words, for every group at its first place; keeps count of its help. */
function guidance(): Guidance & { readonly count: Int32Array; readonly heard: Drawn[] } {
  const count = new Int32Array(1);
  const heard: Drawn[] = [];
  return {
    shaping: 0.1,
    count,
    heard,
    async choose(drawn) {
      heard.push(drawn);
      count[0]! += drawn.groups.length;
      const guides = drawn.groups.map(({ question }, group) => ({
        group,
        place: 0,
        answer: Array.from({ length: 4 }, () => questions[question]!.prompt[0]!),
      }));
      return { guides, metrics: { helped: count[0]! } };
    },
    kept: {
      save: () => [['count', tensor(count)]],
      restore: (tensors) => count.set(tensors.get('count')!.data as Int32Array),
    },
  };
}

test('answers of guides are learned where rewards say nothing', async () => {
  const unpaid = questions.map((question) => ({ ...question, reward: () => 0 }));
  const alone = options({ questions: unpaid, steps: 30 });
  const before = await teachByRewards(alone);
  expect(before.model.params).toEqual(model.params);
  const own = guidance();
  const helped = options({ questions: unpaid, steps: 30, guidance: own });
  const { model: learned } = await teachByRewards(helped);
  const after = options({ model: learned, steps: 1 });
  await teachByRewards(after);
  expect(rewards(after.run.path)[0]).toBeGreaterThan(0.5);
  expect(own.heard[0]).toMatchObject({ step: 0, groups: [{}, {}, {}] });
  expect(own.heard[0]!.groups.map(({ rewards: all }) => all.length)).toEqual([16, 16, 16]);
});

test('a run with guides that is stopped goes on to the same bits, and so does what guidance keeps', async () => {
  const whole = options({ steps: 8, guidance: guidance() });
  const undisturbed = await teachByRewards(whole);
  const stop = new AbortController();
  const stopped = options({
    steps: 8,
    guidance: guidance(),
    signal: stop.signal,
    progress: silent((done) => done === 4 && stop.abort()),
  });
  expect((await teachByRewards(stopped)).outcome).toBe('paused');
  const { signal: _, ...again } = stopped;
  const resumed = guidance();
  const { model: found } = await teachByRewards({ ...again, guidance: resumed, progress: silent() });
  expect(found.params).toEqual(undisturbed.model.params);
  expect(resumed.count[0]).toBe(24);
});

test('an update in parts is the same update', async () => {
  const parametersAfter = async (changes: Partial<GrpoOptions>): Promise<number[]> => {
    const learner = policyLearner(options({ aggregation: 4, entropy: 0.01, learningRate: 0.01, ...changes }));
    const { 'groups that teach': taught } = await learner.step(0);
    expect(taught).toBe(1);
    const found = leavesOf<Tensor>((await learner.trainer.params()) as Tree<Tensor>);
    await learner.release();
    return found.flatMap(({ leaf }) => [...(leaf.data as Float32Array)]);
  };
  const once = await parametersAfter({});
  const inParts = await parametersAfter({ rowsAtOnce: 24 });
  const furthest = Math.max(...once.map((x, i) => Math.abs(x - inParts[i]!)));
  expect(furthest).toBeLessThan(1e-4);
});
