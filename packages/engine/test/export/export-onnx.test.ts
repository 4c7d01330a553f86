import { expect, test } from 'vitest';
import { encodeModel, exportOnnx, jit, type Tensor, tensor, type Value } from '../../src/index.js';
import { integers, prefixMask } from '../support/generator.js';
import { floats, relativeError, runModel } from './compare.js';
import {
  type Convnet,
  continueFrom,
  convnet,
  encode,
  initConvnet,
  initMlp,
  initTransformer,
  languageModel,
  type Mlp,
  mlp,
  type Transformer,
} from './models.js';

const tolerance = 1e-5;
const size = { vocabulary: 50, positions: 40, width: 16, layers: 2, heads: 4 };
const ids = (seed: string, shape: readonly [number, number], dtype: 'int32' | 'int64' = 'int32') => {
  const drawn = integers(seed, shape[0] * shape[1], 0, size.vocabulary);
  return tensor(dtype === 'int32' ? Int32Array.from(drawn) : BigInt64Array.from(drawn, BigInt), shape);
};

for (const portable of [false, true]) {
  const form = portable ? 'portable' : 'default';

  test(`an MLP with any batch (${form})`, async () => {
    const params = initMlp(5, 7, 3);
    const fn = (p: Mlp<Value>, { x }: { x: Value }) => ({ logits: mlp(p, x) });
    const model = exportOnnx(fn, params, { x: { dtype: 'float32', shape: ['batch', 5] } }, { portable });
    expect(model.graph.outputs[0]).toMatchObject({ name: 'logits', shape: ['batch', 3] });
    expect(model.graph.initializers.map((t) => t.name)).toContain('fc1.weight');
    const f = jit(fn);
    for (const batch of [1, 4, 9]) {
      const x = floats('x', [batch, 5]);
      const { logits } = await runModel(model, { x });
      expect(relativeError(logits!, (await f(params, { x })).logits)).toBeLessThan(tolerance);
    }
    await f.dispose();
    const domains = new Set(model.graph.nodes.map((n) => n.domain));
    expect([...domains]).toEqual(portable ? [''] : ['com.microsoft', '']);
  });

  test(`a convnet with any batch (${form})`, async () => {
    const params = initConvnet(4, 6);
    const fn = (p: Convnet<Value>, { image }: { image: Value }) => convnet(p, image);
    const inputs = { image: { dtype: 'float32', shape: ['batch', 3, 8, 8] } } as const;
    const model = exportOnnx(fn, params, inputs, { portable });
    const f = jit(fn);
    for (const batch of [1, 5]) {
      const image = floats('image', [batch, 3, 8, 8]);
      const { output } = await runModel(model, { image });
      expect(relativeError(output!, await f(params, { image }))).toBeLessThan(tolerance);
    }
    await f.dispose();
  });

  test(`a text encoder with any batch and length (${form})`, async () => {
    const params = initTransformer(size);
    const fn = (p: Transformer<Value>, x: { tokens: Value; mask: Value }) => ({
      embedding: encode(p, size.heads, x.tokens, x.mask),
    });
    const shape = ['batch', 'sequence'];
    const model = exportOnnx(
      fn,
      params,
      { tokens: { dtype: 'int64', shape }, mask: { dtype: 'int64', shape } },
      { portable, axes: { sequence: { max: size.positions } } },
    );
    expect(model.graph.outputs[0]!.shape).toEqual(['batch', size.width]);
    const f = jit(fn);
    for (const [batch, length] of [
      [1, 1],
      [3, 9],
      [2, 40],
    ] as const) {
      const tokens = ids('tokens', [batch, length], 'int64');
      const mask = tensor(
        BigInt64Array.from(Array.from(prefixMask('mask', batch, length, 1, length + 1)), BigInt),
        [batch, length],
      );
      const { embedding } = await runModel(model, { tokens, mask });
      expect(relativeError(embedding!, (await f(params, { tokens, mask })).embedding)).toBeLessThan(
        tolerance,
      );
    }
    await f.dispose();
  });

  test(`a language model with any batch and length (${form})`, async () => {
    const params = initTransformer(size);
    const fn = (p: Transformer<Value>, x: { tokens: Value }) => languageModel(p, size.heads, x.tokens);
    const inputs = { tokens: { dtype: 'int32', shape: ['batch', 'sequence'] } } as const;
    const model = exportOnnx(fn, params, inputs, { portable, axes: { sequence: { max: 40 } } });
    expect(model.graph.outputs[0]!.shape).toEqual(['batch', 'sequence', size.vocabulary]);
    const f = jit(fn);
    for (const shape of [
      [1, 1],
      [2, 13],
    ] as [number, number][]) {
      const tokens = ids('text', shape);
      const { output } = await runModel(model, { tokens });
      expect(relativeError(output!, await f(params, { tokens }))).toBeLessThan(tolerance);
    }
    await f.dispose();
  });
}

test('a language model that continues from a cache of any length, also an empty one', async () => {
  const params = initTransformer(size);
  const [heads, head] = [size.heads, size.width / size.heads];
  type Inputs = Record<'tokens' | 'mask' | 'key0' | 'value0' | 'key1' | 'value1', Value>;
  const fn = (p: Transformer<Value>, x: Inputs) =>
    continueFrom(
      p,
      heads,
      x.tokens,
      [
        { key: x.key0, value: x.value0 },
        { key: x.key1, value: x.value1 },
      ],
      x.mask,
    );
  const cache = { dtype: 'float32', shape: ['batch', heads, 'past', head] } as const;
  const model = exportOnnx(
    fn,
    params,
    {
      tokens: { dtype: 'int32', shape: ['batch', 'sequence'] },
      mask: { dtype: 'float32', shape: ['batch', 'past + sequence'] },
      key0: cache,
      value0: cache,
      key1: cache,
      value1: cache,
    },
    { axes: { sequence: { max: 20 }, past: { min: 0, max: 20 } } },
  );
  expect(model.graph.outputs.map((o) => o.name)).toEqual([
    'logits',
    'present.0.key',
    'present.0.value',
    'present.1.key',
    'present.1.value',
  ]);
  expect(model.graph.outputs[1]!.shape).toEqual(['batch', heads, 'sequence + past', head]);

  const whole = ids('text', [2, 12]);
  const full = jit((p: Transformer<Value>, tokens: Value) => languageModel(p, heads, tokens));
  const expected = await full(params, whole);
  await full.dispose();
  const piece = (from: number, to: number) =>
    tensor(
      Int32Array.from(
        [0, 1].flatMap((row) => [...whole.data.slice(row * 12 + from, row * 12 + to)].map(Number)),
      ),
      [2, to - from],
    );
  const empty = tensor(new Float32Array(0), [2, heads, 0, head]);
  let state: Record<string, Tensor> = { key0: empty, value0: empty, key1: empty, value1: empty };
  for (const [from, to] of [
    [0, 7],
    [7, 8],
    [8, 12],
  ] as const) {
    const result = await runModel(model, {
      tokens: piece(from, to),
      mask: tensor(new Float32Array(2 * to).fill(1), [2, to]),
      ...state,
    });
    state = {
      key0: result['present.0.key']!,
      value0: result['present.0.value']!,
      key1: result['present.1.key']!,
      value1: result['present.1.value']!,
    };
    const rows = (t: Tensor, row: number, a: number, b: number) =>
      [...t.data.slice((row * t.shape[1]! + a) * 50, (row * t.shape[1]! + b) * 50)].map(Number);
    const got = result.logits!;
    for (const row of [0, 1]) {
      const a = rows(got, row, 0, to - from);
      const b = rows(expected, row, from, to);
      expect(relativeError(tensor(a), tensor(b))).toBeLessThan(tolerance);
    }
  }
});

test('the same bytes each time', () => {
  const write = () => {
    const fn = (p: Transformer<Value>, x: { tokens: Value }) => languageModel(p, size.heads, x.tokens);
    const inputs = { tokens: { dtype: 'int32', shape: ['batch', 'sequence'] } } as const;
    return encodeModel(exportOnnx(fn, initTransformer(size), inputs, { axes: { sequence: { max: 40 } } }));
  };
  expect(Buffer.from(write()).equals(Buffer.from(write()))).toBe(true);
});
