import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { exactStepJudge, trainStepJudge } from '../../src/experiments/step-judge.js';
import { stepWriter } from '../../src/experiments/step-writer.js';
import {
  drawListProblems,
  firstWrongStep,
  isRightStep,
  type ListFunction,
  listFunctionNames,
  listFunctions,
} from '../../src/tasks/verifiable/list-functions.js';

const writer = stepWriter({
  width: 32,
  layers: 2,
  heads: 4,
  keyValueHeads: 4,
  intermediate: 64,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 1e4,
});
const easy = new Set<ListFunction>(['drop-first', 'drop-last']);
const weights = Object.fromEntries(listFunctionNames.map((name) => [name, Number(easy.has(name))])) as Record<
  ListFunction,
  number
>;
const problems = drawListProblems(
  300,
  { weights, depths: [2, 3], lengths: [4, 5] },
  random.key(1),
  new Set(),
);

test('a small language model learns to answer list problems step by step', async () => {
  const start = writer.init(random.key(2));
  const few = problems.slice(0, 16);
  const right = async (params: typeof start) => {
    const answers = await writer.answers(params, few);
    return answers.filter((steps, i) => firstWrongStep(few[i]!.target!, steps) === undefined).length;
  };
  expect(await right(start)).toBe(0);
  const taught = await writer.learn(start, {
    passes: Array.from({ length: 200 }, () => few),
    batchSize: 16,
    learningRate: 1e-2,
    key: random.key(3),
  });
  expect(await right(taught)).toBeGreaterThan(13);
  expect(await right(start)).toBe(0);
});

test('problems alike are near each other by their states', async () => {
  const { data, width } = await writer.embeddings(writer.init(random.key(2)), problems);
  expect(width).toBe(32);
  expect(data).toHaveLength(300 * 32);
  const product = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += data[a * width + i]! * data[b * width + i]!;
    return sum;
  };
  expect(product(7, 7)).toBeCloseTo(1, 5);
  expect(product(7, 8)).toBeLessThan(0.999);
});

test('a trained judge of steps errs less than by guessing, and one that never errs is exact', async () => {
  const judge = await trainStepJudge({ examples: 20_000, hidden: [128], updates: 800 }, random.key(4));
  const dice = random.stream(random.key(5));
  const steps = Array.from({ length: 400 }, (_, i) => {
    const name = dice.pick(listFunctionNames);
    const before = Array.from({ length: 5 }, () => dice.integer(10));
    const after = listFunctions[name](before);
    return { name, before, after: i % 2 === 0 ? after : after.map((x) => (x + 5) % 10) };
  });
  const scores = await judge(steps);
  const agree = steps.filter((step, i) => scores[i]! > 0.5 === isRightStep(step)).length;
  expect(agree / steps.length).toBeGreaterThan(0.65);
  expect(await judge([{ name: 'sort', before: [2, 1], after: undefined }])).toEqual([0]);
  expect(await judge([])).toEqual([]);
  expect(await exactStepJudge(steps)).toEqual(steps.map((step) => Number(isRightStep(step))));
});
