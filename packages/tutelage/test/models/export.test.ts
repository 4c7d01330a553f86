import {
  type ExportInput,
  type ExportOptions,
  encodeModel,
  exportOnnx,
  jit,
  loadSession,
  nn,
  random,
  type Tensor,
  tensor,
  toNumbers,
  type Value,
} from '@tutelage/engine';
import { expect, test } from 'vitest';
import type { Convnet, ConvnetState } from '../../src/models/convnet.js';
import { convnet, initConvnet } from '../../src/models/convnet.js';
import { type Encoder, encode, initEncoder, meanPool } from '../../src/models/encoder.js';
import { type Gpt, gpt, initGpt } from '../../src/models/gpt.js';
import { type HashedNgrams, hashedNgrams, initHashedNgrams } from '../../src/models/hashed-ngrams.js';
import {
  initKnowledgeTracer,
  type KnowledgeTracer,
  knowledgeTracer,
} from '../../src/models/knowledge-tracer.js';
import { initLlama, type Llama, llama } from '../../src/models/llama.js';
import { initMlp, type Mlp, mlp } from '../../src/models/mlp.js';
import { initResnet, type Resnet, type ResnetState, resnet } from '../../src/models/resnet.js';
import { initVit, type Vit, vit } from '../../src/models/vit.js';

const key = random.key(5);
const vocabulary = 40;

/** Data for an input at given sizes: token ids below the vocabulary, a mask, or normal numbers. */
function dataFor(name: string, input: ExportInput, sizes: Record<string, number>): Tensor {
  const shape = input.shape.map((d) => (typeof d === 'number' ? d : sizes[d]!));
  const size = shape.reduce((a, b) => a * b, 1);
  if (name === 'mask')
    return tensor(
      Float32Array.from({ length: size }, (_, i) => (i % 5 === 4 ? 0 : 1)),
      shape,
    );
  if (input.dtype === 'float32') return nn.normal(1)(key, shape);
  return tensor(
    Int32Array.from({ length: size }, (_, i) => (i * 7) % vocabulary),
    shape,
  );
}

/** Exports a model in both forms and compares it with the compiled function at sizes of its symbolic axes. */
async function exportsAlike<P, I extends Record<string, ExportInput>>(
  fn: (p: P, x: { readonly [K in keyof I]: Value }) => Value,
  params: Parameters<typeof exportOnnx<P, I>>[1],
  inputs: I,
  sizes: readonly Record<string, number>[],
  options: ExportOptions = {},
): Promise<void> {
  const compiled = jit(fn);
  for (const portable of [false, true]) {
    const session = await loadSession(encodeModel(exportOnnx(fn, params, inputs, { ...options, portable })));
    for (const at of sizes) {
      const given = Object.fromEntries(
        Object.entries(inputs).map(([name, input]) => [name, dataFor(name, input, at)]),
      );
      const expected = toNumbers((await compiled(params as never, given as never)) as Tensor);
      const actual = toNumbers((await session.run(given)).output!);
      const scale = Math.max(...expected.map(Math.abs));
      expect(actual).toHaveLength(expected.length);
      expect(Math.max(...actual.map((y, i) => Math.abs(y - expected[i]!)))).toBeLessThan(1e-5 * scale);
    }
    await session.dispose();
  }
  await compiled.dispose();
}

const texts = { tokens: { dtype: 'int32', shape: ['batch', 'sequence'] } } as const;
const images = { images: { dtype: 'float32', shape: ['batch', 3, 8, 8] } } as const;
const batches = [{ batch: 1 }, { batch: 6 }];
const lengths = [
  { batch: 1, sequence: 1 },
  { batch: 3, sequence: 11 },
];
const upTo = (max: number) => ({ axes: { sequence: { max } } });

test('an MLP', async () => {
  const params = initMlp(key, { inputs: 5, hidden: [8, 6], classes: 3 });
  const fn = (p: Mlp<Value>, { x }: { x: Value }) => mlp(p, x);
  await exportsAlike(fn, params, { x: { dtype: 'float32', shape: ['batch', 5] } }, batches);
});

test('a convnet and a ResNet with their running statistics, also for images of any even size', async () => {
  const small = initConvnet(key, { channels: [3, 4, 6], classes: 5 });
  const any = { images: { dtype: 'float32', shape: ['batch', 3, 'height', 'width'] } } as const;
  await exportsAlike(
    (p: { params: Convnet<Value>; state: ConvnetState<Value> }, x: { images: Value }) =>
      convnet(p.params, x.images, { state: p.state }).logits,
    small,
    any,
    [{ batch: 2, height: 8, width: 6 }],
    {
      axes: { height: { multipleOf: 2 }, width: { multipleOf: 2 } },
      parameterName: (path) => path.replace(/^(params|state)\./, ''),
    },
  );
  const deep = initResnet(key, { channels: 3, widths: [4, 8], blocks: 1, classes: 5 });
  await exportsAlike(
    (p: { params: Resnet<Value>; state: ResnetState<Value> }, x: { images: Value }) =>
      resnet(p.params, x.images, p.state).logits,
    deep,
    images,
    batches,
  );
});

test('a vision transformer', async () => {
  const config = {
    image: 8,
    patch: 4,
    channels: 3,
    width: 12,
    layers: 2,
    heads: 3,
    intermediate: 20,
    classes: 5,
  };
  const fn = (p: Vit<Value>, x: { images: Value }) => vit(p, config, x.images);
  await exportsAlike(fn, initVit(key, config), images, batches);
});

test('a text encoder', async () => {
  const config = { vocabulary, positions: 24, width: 12, layers: 2, heads: 3, intermediate: 20 };
  const fn = (p: Encoder<Value>, x: { tokens: Value; mask: Value }) =>
    meanPool(encode(p, config, x.tokens, x.mask), x.mask);
  const inputs = { ...texts, mask: { dtype: 'float32', shape: ['batch', 'sequence'] } } as const;
  await exportsAlike(fn, initEncoder(key, config), inputs, lengths, upTo(24));
});

test('language models', async () => {
  const small = { vocabulary, block: 24, width: 12, layers: 2, heads: 3 };
  const gptOf = (p: Gpt<Value>, x: { tokens: Value }) => gpt(p, small, x.tokens);
  await exportsAlike(gptOf, initGpt(key, small), texts, lengths, upTo(24));
  const config = {
    vocabulary,
    width: 16,
    layers: 2,
    heads: 4,
    keyValueHeads: 2,
    intermediate: 20,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 1e4,
  };
  const llamaOf = (p: Llama<Value>, x: { tokens: Value }) => llama(p, config, x.tokens);
  await exportsAlike(llamaOf, initLlama(key, config), texts, lengths);
});

test('hashed n-grams, and a knowledge tracer with a fixed number of steps', async () => {
  const ngrams = (p: HashedNgrams<Value>, x: { features: Value; weights: Value }) =>
    hashedNgrams(p, x.features, x.weights);
  const shape = ['batch', 'features'] as const;
  await exportsAlike(
    ngrams,
    initHashedNgrams(key, { buckets: vocabulary, hidden: 6, classes: 4 }),
    { features: { dtype: 'int32', shape }, weights: { dtype: 'float32', shape } },
    [{ batch: 3, features: 7 }],
  );
  const tracer = (p: KnowledgeTracer<Value>, x: { interactions: Value }) =>
    knowledgeTracer(p, x.interactions);
  await exportsAlike(
    tracer,
    initKnowledgeTracer(key, { skills: 20, embedding: 6, hidden: 5 }),
    { interactions: { dtype: 'int32', shape: ['batch', 9] } },
    batches,
  );
});
