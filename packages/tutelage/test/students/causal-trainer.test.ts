import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jit, leavesOf, optim, type Tensor, type Tree, toNumbers, type Value } from '@tutelage/engine';
import { afterAll, describe, expect, test } from 'vitest';
import { openCausalModel, saveCausalModel } from '../../src/language/causal-model.js';
import { type LessonBatch, lessonBatch, packLessons } from '../../src/language/lessons.js';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { type Llama, llama } from '../../src/models/llama.js';
import { supervised } from '../../src/objectives/tokens.js';
import { projections } from '../../src/students/adapted-trainer.js';
import { causalTrainer } from '../../src/students/causal-trainer.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const folder = mkdtempSync(join(tmpdir(), 'tutelage-causal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tokenizer = trainWordLevel(['one two three four five six seven eight nine ten'], { vocabulary: 20 });
const model = tinyCausalModel(tokenizer, 1, {
  width: 32,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  intermediate: 48,
});
const { config } = model;

const lessons = [
  ['one', 'two three'],
  ['four', 'five six'],
  ['seven', 'eight nine ten'],
].map(([prompt, answer]) => ({
  prompt: tokenizer.encodePlain(prompt!),
  answer: tokenizer.encodePlain(answer!),
}));
const rows = packLessons(lessons, 12).map((row) => row.map((i) => lessons[i]!));
const batch = lessonBatch(rows, { length: 12, padding: 0 });

type Batch = LessonBatch<Value>;
const options = {
  model,
  objective: (logits: Value, b: Batch) => supervised(logits, b),
  learningRate: 0.01,
  seed: 1,
  threads: 1,
};

const logitsOf = async (params: Llama<Tensor>) => {
  const run = jit((p: Llama<Value>, tokens: Value) => llama(p, config, tokens), { threads: 1 });
  const found = toNumbers(await run(params, batch.tokens));
  await run.dispose();
  return found;
};

describe.each([
  ['in full', {}],
  ['by Muon', { muon: optim.muon({ learningRate: 0.01 }) }],
  ['by low-rank changes', { lora: { rank: 4, alpha: 8, match: projections }, learningRate: 0.03 }],
] as const)('a causal model is trained %s', (_, changes) => {
  test('and goes on from its state to the same bits', async () => {
    const trainer = causalTrainer<Batch>({ ...options, ...changes });
    const losses: number[] = [];
    for (let i = 0; i < 30; i++) losses.push((await trainer.learn(batch)).loss);
    expect(losses[0]).toBeGreaterThan(2);
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
    const state = trainer.exportState();
    const next = [(await trainer.learn(batch)).loss, (await trainer.learn(batch)).loss];
    const other = causalTrainer<Batch>({ ...options, ...changes });
    other.importState(state);
    expect([(await other.learn(batch)).loss, (await other.learn(batch)).loss]).toEqual(next);
    await trainer.dispose();
    await other.dispose();
  });
});

test('several batches are one update, by the mean of their gradients', async () => {
  const halves = lessons.slice(0, 2).map((lesson) => lessonBatch([[lesson]], { length: 12, padding: 0 }));
  // Answers of equally many tokens, so that the mean of two means is the mean of all.
  const whole = lessonBatch(
    lessons.slice(0, 2).map((lesson) => [lesson]),
    { length: 12, padding: 0 },
  );
  const [one, two] = [true, false].map((accumulates) => causalTrainer<Batch>({ ...options, accumulates }));
  for (let i = 0; i < 3; i++) {
    const { loss } = await one!.learn(halves[0]!, halves[1]!);
    expect(loss).toBeCloseTo((await two!.learn(whole)).loss, 4);
  }
  await one!.dispose();
  await two!.dispose();
});

test('low-rank changes are added to the weights, and nothing else changes', async () => {
  const trainer = causalTrainer<Batch>({ ...options, lora: { rank: 4, alpha: 8, match: /q_proj/ } });
  for (let i = 0; i < 5; i++) await trainer.learn(batch);
  const before = new Map(
    leavesOf<Tensor>(model.params as Tree<Tensor>).map(({ path, leaf }) => [path, toNumbers(leaf)]),
  );
  const params = await trainer.params();
  for (const { path, leaf } of leavesOf<Tensor>(params as Tree<Tensor>)) {
    if (path.includes('q_proj')) expect(toNumbers(leaf), path).not.toEqual(before.get(path));
    else expect(toNumbers(leaf), path).toEqual(before.get(path));
  }
  const run = causalTrainer<Batch>({ ...options, model: { config, params }, learningRate: 1e-9 });
  const merged = (await run.learn(batch)).loss;
  expect(merged).toBeCloseTo((await trainer.learn(batch)).loss, 5);
  await trainer.dispose();
  await run.dispose();
});

test('a model that is saved is the same when it is opened', async () => {
  await saveCausalModel(model, folder);
  const opened = await openCausalModel(folder);
  expect(opened.config).toEqual(config);
  expect(opened.tokenizer.encodePlain('two ten')).toEqual(tokenizer.encodePlain('two ten'));
  expect(await logitsOf(opened.params)).toEqual(await logitsOf(model.params));
  await expect(openCausalModel(join(folder, 'none'))).rejects.toThrow('no such file or folder');
});
