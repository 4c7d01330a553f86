import { jit, random, type Tensor, tensor, type Value } from '@tutelage/engine';
import { afterAll, describe, expect, test } from 'vitest';
import { type Decoder, gptDecoder, llamaDecoder } from '../../../src/language/generate/decoder.js';
import { type Gpt, gpt, initGpt } from '../../../src/models/gpt.js';
import { initLlama, type Llama, llama } from '../../../src/models/llama.js';

const threads = { threads: 1 };
const llamaConfig = {
  vocabulary: 40,
  width: 64,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  intermediate: 48,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 100,
};
const gptConfig = { vocabulary: 40, block: 64, width: 32, layers: 2, heads: 4 };

const llamaParams = enlarge(initLlama(random.key(1), llamaConfig));
const gptParams = enlarge(initGpt(random.key(2), gptConfig));
const wholeLlama = jit((p: Llama<Value>, ids: Value) => llama(p, llamaConfig, ids), threads);
const wholeGpt = jit((p: Gpt<Value>, ids: Value) => gpt(p, gptConfig, ids), threads);

/** Initial weights are so small that attention hardly matters. */
function enlarge<P>(params: P): P {
  const enlarged = (leaf: unknown): unknown => {
    if (typeof leaf !== 'object' || leaf === null) return leaf;
    if ('data' in leaf && leaf.data instanceof Float32Array) {
      const { data, shape } = leaf as unknown as Tensor;
      return shape.length === 2
        ? tensor(
            (data as Float32Array).map((x) => 8 * x),
            shape,
          )
        : leaf;
    }
    if (Array.isArray(leaf)) return leaf.map(enlarged);
    return Object.fromEntries(Object.entries(leaf).map(([k, v]) => [k, enlarged(v)]));
  };
  return enlarged(params) as P;
}

type Whole = (ids: Tensor) => Promise<Tensor>;
const cases: [string, () => Promise<Decoder>, Whole][] = [
  ['llama', () => llamaDecoder(llamaParams, llamaConfig, 64, threads), (ids) => wholeLlama(llamaParams, ids)],
  ['gpt', () => gptDecoder(gptParams, gptConfig, threads), (ids) => wholeGpt(gptParams, ids)],
];

afterAll(async () => {
  await wholeLlama.dispose();
  await wholeGpt.dispose();
});

async function lastLogits(whole: Whole, row: readonly number[]): Promise<Float32Array> {
  const { data } = await whole(tensor(Int32Array.from(row), [1, row.length]));
  return (data as Float32Array).slice(-40);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i]!)), 0);
}

describe.each(cases)('%s', (_, make, whole) => {
  test('step by step gives the logits of the whole sequence, for rows of different lengths', async () => {
    const decoder = await make();
    const rows = [[3, 1, 4, 1, 5], [9, 2], [6]];
    const cache = decoder.cache(3);
    let given: readonly number[][] = rows;
    for (let step = 0; step < 20; step += 1) {
      const { logits, normalizers } = await decoder.step(cache, given);
      for (const [b, row] of rows.entries()) {
        const expected = await lastLogits(whole, row);
        expect(largestDifference(logits.slice(40 * b, 40 * b + 40), expected)).toBeLessThan(2e-5);
        const total = expected.reduce((sum, x) => sum + Math.exp(x), 0);
        expect(normalizers[b]).toBeCloseTo(Math.log(total), 4);
      }
      given = rows.map((_, b) => [(7 * step + 11 * b + 1) % 40]);
      rows.forEach((row, b) => {
        row.push(given[b]![0]!);
      });
    }
    await decoder.release();
  });

  test('several tokens behind a past, and forgetting them again', async () => {
    const decoder = await make();
    const cache = decoder.cache(1);
    await decoder.step(cache, [[3, 1, 4]]);
    for (const tail of [
      [1, 5, 9],
      [2, 6],
    ]) {
      const { logits } = await decoder.step(cache, [tail], { all: true });
      for (let i = 0; i < tail.length; i += 1) {
        const expected = await lastLogits(whole, [3, 1, 4, ...tail.slice(0, i + 1)]);
        expect(largestDifference(logits.slice(40 * i, 40 * i + 40), expected)).toBeLessThan(2e-5);
      }
      cache.lengths[0] = 3;
    }
    await decoder.release();
  });

  test.each([
    ['moved to larger memory', undefined],
    ['moved within its memory', 64],
  ])('a past that is %s stays the same', async (_, expected) => {
    const decoder = await make();
    const rows = [Array.from({ length: 31 }, (_, i) => (3 * i + 1) % 40), [5, 2, 7]];
    const cache = decoder.cache(2, expected);
    await decoder.step(cache, rows);
    for (const token of [8, 9, 10, 11]) {
      for (const row of rows) row.push(token);
      const { logits } = await decoder.step(cache, [[token], [token]]);
      for (const [b, row] of rows.entries()) {
        const alone = await lastLogits(whole, row);
        expect(largestDifference(logits.slice(40 * b, 40 * b + 40), alone)).toBeLessThan(2e-5);
      }
    }
    await decoder.release();
  });

  test('refuses more positions than the model has', async () => {
    const decoder = await make();
    const tokens = new Int32Array(65);
    await expect(decoder.step(decoder.cache(1), [tokens])).rejects.toThrow(
      'too long for the model: 65 tokens',
    );
    await decoder.release();
  });
});
