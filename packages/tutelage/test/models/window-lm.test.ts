import { jit, mean, random, softmaxCrossEntropy, tensor, toNumbers, type Value } from '@tutelage/engine';
import { expect, test } from 'vitest';
import {
  initWindowLm,
  slotCount,
  type WindowLm,
  type WindowLmConfig,
  windowContexts,
  windowLm,
} from '../../src/models/window-lm.js';
import { windowSampler } from '../../src/students/window-sampler.js';
import { windowTrainer } from '../../src/students/window-trainer.js';

const config: WindowLmConfig = {
  vocabulary: 5,
  prompt: 2,
  window: 2,
  answer: 3,
  place: true,
  embedding: 4,
  hidden: [16],
};

test('each place sees the prompt, the last tokens before it, and where it is', () => {
  const contexts = windowContexts(config, [[3, 0]], [[4, 1, 2]]);
  const slots = slotCount(config);
  expect(slots).toBe(5);
  const size = 6;
  const places = [0, 1, 2].map((t) =>
    Array.from(contexts.subarray(t * slots, (t + 1) * slots), (entry, s) => entry - s * size),
  );
  // 0 stands for what lies before the answer; tokens are one more than their number.
  expect(places).toEqual([
    [4, 1, 0, 0, 0],
    [4, 1, 0, 5, 1],
    [4, 1, 5, 2, 2],
  ]);
  expect([...windowContexts(config, [[3, 0]], [[4, 1, 2]], { from: 1, count: 1 })]).toEqual([
    ...contexts.subarray(slots, 2 * slots),
  ]);
});

test('a net that learned to copy and shift its prompt says so', async () => {
  const prompts = Array.from({ length: 25 }, (_, i) => [i % 5, Math.floor(i / 5)]);
  const answers = prompts.map(([a, b]) => Int32Array.of(b!, a!, (b! + 1) % 5));
  const trainer = windowTrainer({
    params: initWindowLm(random.key(1), config),
    config,
    learningRate: 0.02,
    objective: (logits, known) => mean(softmaxCrossEntropy(logits, known.next!).loss),
  });
  const contexts = windowContexts(config, prompts, answers);
  const next = Int32Array.from(answers.flatMap((answer) => [...answer]));
  const rows = Array.from(next, (_, i) => i);
  let loss = 0;
  for (let step = 0; step < 150; step++) loss = await trainer.learn({ contexts, known: { next } }, rows);
  expect(loss).toBeLessThan(0.1);
  const sampler = windowSampler(config);
  const likeliest = await sampler.answers(trainer.params, prompts);
  expect(likeliest).toEqual(answers);
  const key = random.key(2);
  const drawn = await sampler.answers(trainer.params, prompts, key);
  expect(await sampler.answers(trainer.params, prompts, key)).toEqual(drawn);
  await sampler.dispose();
  await trainer.dispose();
});

test('draws follow the probabilities', async () => {
  const sampler = windowSampler(config);
  const params = initWindowLm(random.key(3), config, 3);
  const prompts = Array.from({ length: 4000 }, () => [1, 2]);
  const drawn = await sampler.answers(params, prompts, random.key(4));
  const counts = new Float64Array(5);
  for (const [first] of drawn) counts[first!]! += 1 / prompts.length;
  const predict = jit((p: WindowLm<Value>, c: Value) => windowLm(p, c), { threads: 1 });
  const first = windowContexts(config, [[1, 2]], [[0, 0, 0]], { count: 1 });
  const logits = toNumbers(await predict(params, tensor(first, [1, slotCount(config)])));
  const powers = logits.map(Math.exp);
  const total = powers.reduce((a, b) => a + b);
  powers.forEach((power, token) => {
    expect(Math.abs(power / total - counts[token]!)).toBeLessThan(0.03);
  });
  await predict.dispose();
  await sampler.dispose();
});
