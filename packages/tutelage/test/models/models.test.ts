import {
  createTrainer,
  crossEntropy,
  jit,
  leavesOf,
  nn,
  optim,
  random,
  type Tensor,
  type Tree,
  tensor,
  toNumbers,
  type Value,
} from '@tutelage/engine';
import { expect, test } from 'vitest';
import { type Gpt, gpt, initGpt } from '../../src/models/gpt.js';
import { type HashedNgrams, hashedNgrams, initHashedNgrams } from '../../src/models/hashed-ngrams.js';
import { initLlama, type Llama, llama } from '../../src/models/llama.js';
import { initResnet, type Resnet, type ResnetState, resnet } from '../../src/models/resnet.js';
import { initVit } from '../../src/models/vit.js';

const normal = (shape: readonly number[], name: string): Tensor => nn.normal(1)(random.key(name), shape);
const ids = (shape: readonly number[], below: number): Tensor =>
  tensor(
    Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 7) % below),
    shape,
  );
const paths = (tree: Tree<Tensor>) => leavesOf(tree).map(({ path }) => path);

test('a ResNet-8 for ten classes has 78,042 parameters under names of torchvision', () => {
  const config = { channels: 3, widths: [16, 32, 64], blocks: 1, classes: 10 };
  const { params, state } = initResnet(random.key(0), config);
  expect(nn.countParameters(params)).toBe(78_042);
  expect(paths(params)).toContain('layer2.0.downsample.0.weight');
  expect(paths(state)).toContain('layer2.0.downsample.1.running_var');
  expect(paths(state)).toHaveLength(paths(params).filter((p) => /bn|downsample\.1/.test(p)).length);
});

test('a ResNet-20 for ten classes has 272,474 parameters', () => {
  // 0.27 million: He et al. 2015, table 6.
  const config = { channels: 3, widths: [16, 32, 64], blocks: 3, classes: 10 };
  expect(nn.countParameters(initResnet(random.key(0), config).params)).toBe(272_474);
});

test('a trained ResNet gives, by running statistics of its one batch, what it gave in training', async () => {
  const { params, state } = initResnet(random.key(1), { channels: 3, widths: [4, 8], blocks: 1, classes: 3 });
  const [images, labels] = [normal([16, 3, 8, 8], 'images'), ids([16], 3)];
  const trainer = createTrainer({
    params,
    loss: (p: Resnet<Value>, b: { images: Value; labels: Value }) => {
      const { logits, statistics } = resnet(p, b.images);
      return [crossEntropy(logits, b.labels), { logits, statistics }] as const;
    },
    optimizer: optim.adamw({ learningRate: 0.01 }),
    threads: 1,
  });
  const first = await trainer.step({ images, labels });
  let last = first;
  for (let i = 0; i < 30; i++) last = await trainer.step({ images, labels });
  expect(last.loss).toBeLessThan(first.loss / 2);
  await trainer.dispose();

  const evaluate = jit((p: Resnet<Value>, x: Value, s: ResnetState<Value>) => resnet(p, x, s).logits);
  const unbiased = nn.updateStatistics(state, first.aux.statistics, 1);
  const logits = toNumbers(await evaluate(params, images, unbiased));
  await evaluate.dispose();
  // The running variance is the unbiased one, which at 16 x 4 x 4 numbers a channel is a little larger.
  for (const [i, x] of toNumbers(first.aux.logits).entries())
    expect(Math.abs(logits[i]! - x)).toBeLessThan(0.02);
});

test('running statistics move by the momentum', () => {
  const statistics = (mean: number, variance: number) => ({
    running_mean: tensor([mean]),
    running_var: tensor([variance]),
  });
  const { running_mean, running_var } = nn.updateStatistics(statistics(0, 1), statistics(4, 3), 0.25);
  expect([...running_mean.data, ...running_var.data]).toEqual([1, 1.5]);
});

test('hashed n-grams add the weighted rows of their features', async () => {
  const params = {
    buckets: {
      weight: tensor([
        [1, 0],
        [0, 2],
        [5, 5],
      ]),
      bias: tensor([0.5, -0.5]),
    },
  };
  const run = jit((p: HashedNgrams<Value>, at: Value, weights: Value) => hashedNgrams(p, at, weights));
  const logits = await run(
    params,
    tensor(Int32Array.of(0, 1, 2, 2), [2, 2]),
    tensor([
      [3, 0.5],
      [1, 0],
    ]),
  );
  await run.dispose();
  expect(toNumbers(logits)).toEqual([3.5, 0.5, 5.5, 4.5]);
});

test.each([undefined, 8])('hashed n-grams learn to tell texts apart (hidden layer: %s)', async (hidden) => {
  const config = { buckets: 32, classes: 2, ...(hidden !== undefined && { hidden }) };
  const features = ids([8, 3], 31);
  const batch = { features, weights: nn.ones([8, 3]), labels: tensor(Int32Array.of(0, 1, 0, 1, 1, 0, 1, 0)) };
  const trainer = createTrainer({
    params: initHashedNgrams(random.key(2), config),
    loss: (p: HashedNgrams<Value>, b: { features: Value; weights: Value; labels: Value }) =>
      crossEntropy(hashedNgrams(p, b.features, b.weights), b.labels),
    optimizer: optim.adamw({ learningRate: 0.05 }),
    threads: 1,
  });
  const first = await trainer.step(batch);
  let last = first;
  for (let i = 0; i < 100; i++) last = await trainer.step(batch);
  await trainer.dispose();
  expect(first.loss).toBeCloseTo(Math.LN2, hidden === undefined ? 6 : 0);
  expect(last.loss).toBeLessThan(0.05);
});

test('initial models have the number of parameters that their configuration means', () => {
  const vit = {
    image: 32,
    patch: 4,
    channels: 3,
    width: 192,
    layers: 6,
    heads: 3,
    intermediate: 768,
    classes: 10,
  };
  expect(nn.countParameters(initVit(random.key(0), vit))).toBe(2_693_578);
  const small = { vocabulary: 65, block: 64, width: 128, layers: 4, heads: 4 };
  expect(nn.countParameters(initGpt(random.key(0), small))).toBe(804_096);
});

test.each(['gpt', 'llama'])('%s predicts a token from those before it alone', async (name) => {
  const [width, vocabulary, length] = [16, 11, 6];
  const common = { vocabulary, width, layers: 2, heads: 4 };
  const llamaConfig = { ...common, keyValueHeads: 2, intermediate: 24, rmsNormEpsilon: 1e-5, ropeTheta: 1e4 };
  const first = initGpt(random.key(3), { ...common, block: 8 });
  const second = initLlama(random.key(3), llamaConfig);
  const run = jit((tokens: Value, a: Gpt<Value>, b: Llama<Value>) =>
    name === 'gpt' ? gpt(a, common, tokens) : llama(b, llamaConfig, tokens),
  );
  const logits = async (last: number) =>
    toNumbers(await run(tensor(Int32Array.of(1, 2, 3, 4, 5, last), [1, length]), first, second));
  const [a, b] = [await logits(6), await logits(7)];
  await run.dispose();
  const before = vocabulary * (length - 1);
  expect(a.slice(0, before)).toEqual(b.slice(0, before));
  expect(a.slice(before)).not.toEqual(b.slice(before));
});
