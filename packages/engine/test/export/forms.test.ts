import { expect, test } from 'vitest';
import {
  encodeModel,
  exportOnnx,
  matmul,
  type OnnxModel,
  quantizeDynamic,
  type Tensor,
  tensor,
  toFloat16,
  toNumbers,
  type Value,
} from '../../src/index.js';
import { integers } from '../support/generator.js';
import { cosine, floats, relativeError, runModel } from './compare.js';
import {
  type Convnet,
  convnet,
  encode,
  initConvnet,
  initTransformer,
  languageModel,
  type Transformer,
} from './models.js';

/** Errors relative to the largest magnitude of the output, on models with random weights. */
const halfTolerance = 1e-3;
const int8Tolerance = 0.05;

const size = { vocabulary: 200, positions: 40, width: 64, layers: 2, heads: 4 };
const params = initTransformer(size);
const shape = ['batch', 'sequence'];
const axes = { sequence: { max: size.positions } };
const ids = tensor(BigInt64Array.from(integers('ids', 3 * 20, 0, size.vocabulary), BigInt), [3, 20]);
const mask = tensor(new Float32Array(60).fill(1), [3, 20]);

const encoder = (portable: boolean) =>
  exportOnnx(
    (p: Transformer<Value>, x: { tokens: Value; mask: Value }) => encode(p, size.heads, x.tokens, x.mask),
    params,
    { tokens: { dtype: 'int64', shape }, mask: { dtype: 'float32', shape } },
    { portable, axes },
  );
const generator = (portable: boolean) =>
  exportOnnx(
    (p: Transformer<Value>, x: { tokens: Value }) => languageModel(p, size.heads, x.tokens),
    params,
    { tokens: { dtype: 'int64', shape } },
    { portable, axes },
  );
const images = (portable: boolean) =>
  exportOnnx(
    (p: Convnet<Value>, x: { image: Value }) => convnet(p, x.image),
    initConvnet(16, 20),
    { image: { dtype: 'float32', shape: ['batch', 3, 8, 8] } },
    { portable },
  );
const image = floats('image', [4, 3, 8, 8]);

const cases: [string, (portable: boolean) => OnnxModel, Record<string, Tensor>][] = [
  ['a text encoder', encoder, { tokens: ids, mask }],
  ['a language model', generator, { tokens: ids }],
  ['a convnet', images, { image }],
];

const bytesOf = (model: OnnxModel) => encodeModel(model).length;

for (const [name, write, inputs] of cases) {
  for (const portable of [false, true]) {
    const form = portable ? 'portable' : 'default';

    test(`${name} with half-float weights (${form})`, async () => {
      const model = write(portable);
      const half = toFloat16(model);
      expect(bytesOf(half)).toBeLessThan(0.62 * bytesOf(model));
      const [whole, rounded] = [await runModel(model, inputs), await runModel(half, inputs)];
      const error = relativeError(rounded.output!, whole.output!);
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(halfTolerance);
    });

    test(`${name} with 8-bit weights (${form})`, async () => {
      const model = write(portable);
      const small = quantizeDynamic(model);
      expect(bytesOf(small)).toBeLessThan(0.4 * bytesOf(model));
      const isLarge = (t: { dataType: number; data: Uint8Array }) => t.dataType === 1 && t.data.length > 4096;
      const left = small.graph.initializers.filter(isLarge).map((t) => t.name);
      expect(left).toEqual(name === 'a convnet' ? [] : ['positions.weight']);
      expect(small.graph.nodes.some((n) => n.opType === 'MatMulInteger')).toBe(true);
      const [whole, rounded] = [await runModel(model, inputs), await runModel(small, inputs)];
      expect(relativeError(rounded.output!, whole.output!)).toBeLessThan(int8Tolerance);
      expect(cosine(rounded.output!, whole.output!)).toBeGreaterThan(0.999);
    });
  }
}

test('the 8-bit language model chooses the same next token nearly always', async () => {
  const model = generator(false);
  const best = ({ output }: Record<string, Tensor>) => {
    const logits = toNumbers(output!);
    return Array.from({ length: 60 }, (_, i) => {
      const row = logits.slice(i * size.vocabulary, (i + 1) * size.vocabulary);
      return row.indexOf(Math.max(...row));
    });
  };
  const whole = best(await runModel(model, { tokens: ids }));
  const rounded = best(await runModel(quantizeDynamic(model), { tokens: ids }));
  expect(whole.filter((token, i) => token === rounded[i]).length).toBeGreaterThanOrEqual(56);
});

test('a tied table is stored once, and excluded weights stay', async () => {
  const model = generator(false);
  const names = (m: OnnxModel) => m.graph.initializers.map((t) => t.name);
  const small = quantizeDynamic(model);
  expect(names(small).filter((n) => n.includes('tokens.weight_int8'))).toEqual(['tokens.weight_int8']);
  expect(names(small)).not.toContain('tokens.weight');
  expect(small.graph.initializers.find((t) => t.name === 'tokens.weight_int8')!.dims).toEqual([200, 64]);
  const kept = quantizeDynamic(model, { exclude: /^tokens/ });
  expect(names(kept)).toContain('tokens.weight');
  expect(names(kept).some((n) => n.startsWith('tokens.weight_'))).toBe(false);
});

test('weights of 7 bits round twice as much, and no more', async () => {
  const model = generator(false);
  const whole = (await runModel(model, { tokens: ids })).output!;
  const small = quantizeDynamic(model, { reduceRange: true });
  const weight = small.graph.initializers.find((t) => t.name === 'tokens.weight_int8')!;
  const values = new Int8Array(weight.data.slice().buffer);
  expect([Math.min(...values), Math.max(...values)].map(Math.abs)).toEqual([63, 63]);
  expect(relativeError((await runModel(small, { tokens: ids })).output!, whole)).toBeLessThan(
    2 * int8Tolerance,
  );
});

test('weights beyond the range of half floats stay', () => {
  const weight = tensor(new Float32Array(1024).fill(7e4), [32, 32]);
  const model = exportOnnx(
    (p: { weight: Value }, x: { x: Value }) => matmul(x.x, p.weight),
    { weight },
    { x: { dtype: 'float32', shape: ['n', 32] } },
  );
  expect(toFloat16(model)).toEqual(model);
});
