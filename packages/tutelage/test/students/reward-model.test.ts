import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jit, random, type Tensor, tensor, toNumbers, type Value } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { saveCausalModel } from '../../src/language/causal-model.js';
import { openRewardModel, type RewardModel, saveRewardModel } from '../../src/language/reward-model.js';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { type LlamaScorer, llamaScores } from '../../src/models/llama.js';
import { nodeFileSystem } from '../../src/runs/file-system.js';
import { readMetrics } from '../../src/runs/metrics.js';
import { metricsFile } from '../../src/runs/run.js';
import { pairAccuracy } from '../../src/students/causal-preferences.js';
import { teachByRewards } from '../../src/students/grpo.js';
import type { LessonPair } from '../../src/students/pair-passes.js';
import {
  initRewardModel,
  judgedQuestions,
  pairRewards,
  rewardJudge,
  teachRewards,
} from '../../src/students/reward-model.js';
import { tinyCausalModel } from '../tiny-causal-model.js';
import { newRun, silent, temporaryFolder } from './helpers.js';

const root = temporaryFolder();
const words = Array.from({ length: 16 }, (_, i) => `w${i}`);
const tokenizer = trainWordLevel(words, { vocabulary: 24 });
const model = tinyCausalModel(tokenizer, 1);
const end = tokenizer.special.end!;
const id = (word: string) => tokenizer.encodePlain(word)[0]!;

const dice = random.stream(random.key(2));
const drawn = (from: readonly string[], most: number) =>
  Array.from({ length: 1 + dice.integer(most) }, () => id(dice.pick(from)));
/** Better answers have the good word somewhere. */
const pairs: LessonPair[] = Array.from({ length: 400 }, () => {
  const prompt = drawn(words, 6);
  const [before, after, other] = [1, 2, 3].map(() => drawn(words.slice(1), 5)) as [
    number[],
    number[],
    number[],
  ];
  return {
    chosen: { prompt, answer: [...before, id('w0'), ...after, end] },
    rejected: { prompt, answer: [...other, ...drawn(words.slice(1), 5), end] },
  };
});
const [learned, held] = [pairs.slice(0, 320), pairs.slice(320)];

const teach = (loraRank: number, onStep?: (step: number, of: number, loss: number) => void) =>
  teachRewards({
    model: initRewardModel(model),
    pairs: [...learned, ...learned, ...learned],
    learningRate: 0.02,
    batchSize: 32,
    loraRank,
    seed: 1,
    threads: 1,
    signal: new AbortController().signal,
    ...(onStep && { onStep }),
  });

const accuracy = async (of: RewardModel): Promise<number> => {
  const judge = rewardJudge(of, { threads: 1 });
  const found = pairAccuracy(await pairRewards(judge, held));
  await judge.dispose();
  return found;
};

describe.each([0, 4])('changes of rank %i (0 for all weights)', (rank) => {
  test('better answers that were not seen come to be worth more', async () => {
    const losses: number[] = [];
    const taught = await teach(rank, (_, __, loss) => losses.push(loss));
    expect(losses).toHaveLength(30);
    expect(losses[0]).toBeCloseTo(Math.LN2, 5);
    expect(await accuracy(initRewardModel(model))).toBe(0);
    expect(await accuracy(taught)).toBeGreaterThan(0.9);
  });
});

test('a reward is what the head says after the last token, and stays so in a file', async () => {
  const taught = await teach(0);
  const judge = rewardJudge(taught, { threads: 1 });
  const [{ chosen }] = held as [LessonPair];
  const [reward] = await judge.rewards([chosen, ...held.map(({ rejected }) => rejected)]);
  await judge.dispose();
  const tokens = [...chosen.prompt, ...chosen.answer];
  const run = jit((p: LlamaScorer<Value>, ids: Value) => llamaScores(p, taught.config, ids), { threads: 1 });
  const scores = (await run(taught.params, tensor(Int32Array.from(tokens), [1, tokens.length]))) as Tensor;
  await run.dispose();
  expect(reward).toBeCloseTo(toNumbers(scores).at(-1)!, 4);

  const folder = join(root, 'rewards');
  await saveRewardModel(taught, folder);
  const opened = await openRewardModel(folder);
  expect(opened.config).toEqual(taught.config);
  // To Transformers, a text ends before its padding.
  const said = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  expect(said).toMatchObject({
    architectures: ['LlamaForSequenceClassification'],
    id2label: { 0: 'reward' },
  });
  expect(said.pad_token_id).not.toBe(end);
  expect(await accuracy(opened)).toBe(await accuracy(taught));
});

test('a language model is no reward model', async () => {
  const folder = join(root, 'language');
  await saveCausalModel(model, folder);
  await expect(openRewardModel(folder)).rejects.toThrow(`not a reward model: ${folder}`);
});

test('answers that a reward model thinks more of come more often', async () => {
  const judge = rewardJudge(await teach(0), { threads: 1 });
  let calls = 0;
  const counted = {
    ...judge,
    rewards: (lessons: Parameters<typeof judge.rewards>[0]) => {
      calls++;
      return judge.rewards(lessons);
    },
  };
  const run = newRun(root);
  await teachByRewards({
    run,
    progress: silent(),
    checkpointEvery: { steps: 100 },
    model,
    questions: judgedQuestions(
      counted,
      ['w1', 'w2', 'w3'].map((word) => [id(word)]),
      end,
    ),
    steps: 25,
    questionsAStep: 3,
    groupSize: 16,
    maxTokens: 4,
    temperature: 1,
    clip: { low: 0.2, high: 0.28 },
    aggregation: 'token',
    scaled: true,
    learningRate: 0.02,
    seed: 1,
    threads: 1,
  });
  await judge.dispose();
  const rewards = readMetrics(nodeFileSystem, metricsFile(run.path)).rows.map((row) => Number(row.reward));
  expect(calls).toBe(25);
  expect(rewards.at(-1)).toBeGreaterThan(rewards[0]! + 1);
});
