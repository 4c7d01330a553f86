import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leavesOf, type Tensor, type Tree, weights } from '@tutelage/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ggufLlama } from '../../src/language/gguf-model.js';
import { readLlamaConfig } from '../../src/language/llama-weights.js';
import { safetensorsLlama } from '../../src/language/safetensors-model.js';
import { nameOfGguf, tinyConfig, tinyParams, tinyWeight } from './tiny-llama.js';

const configJson = {
  model_type: 'llama',
  vocab_size: 96,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  rope_theta: 1000,
  tie_word_embeddings: true,
};
const leaves = leavesOf<Tensor>(tinyParams as unknown as Tree<Tensor>);

describe('safetensors', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'llama-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const write = async (config: object, names = leaves) => {
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    const entries = names.map(({ path, leaf: { shape, data } }) => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [path, { dtype: 'F32' as const, shape, data: bytes }];
    });
    await writeFile(join(folder, 'model.safetensors'), weights.writeSafetensors(Object.fromEntries(entries)));
  };

  test('gives the model that was saved', async () => {
    await write(configJson);
    expect(await safetensorsLlama(folder)).toEqual({ config: tinyConfig, params: tinyParams });
  });

  test('names a weight of the wrong shape, and one that is missing', async () => {
    await write({ ...configJson, vocab_size: 97 });
    await expect(safetensorsLlama(folder)).rejects.toThrow(
      'weight of the wrong shape: model.embed_tokens.weight is [96, 64]',
    );
    await write(configJson, leaves.slice(0, -1));
    await expect(safetensorsLlama(folder)).rejects.toThrow("no such tensor: 'model.norm.weight'");
  });

  test('an empty folder is refused', async () => {
    await expect(safetensorsLlama(join(folder, 'none'))).rejects.toThrow("can't read file");
  });
});

describe('configuration', () => {
  test.each([
    [
      'another architecture',
      { model_type: 'bert' },
      'not the configuration of a supported LLaMA or Qwen model',
    ],
    [
      'scaled positions',
      { rope_scaling: { rope_type: 'llama3' } },
      'unsupported scaling of rotary positions',
    ],
    [
      'scaled positions in the newer form',
      { rope_parameters: { rope_type: 'yarn' } },
      'unsupported scaling of rotary positions: {"rope_type":"yarn"}',
    ],
    ['biases', { attention_bias: true }, 'not the configuration'],
    ['heads of an odd width', { head_dim: 15 }, 'impossible heads: 4 of width 15'],
    ['heads that do not divide', { num_key_value_heads: 3 }, 'impossible heads: 4 of width 16, with 3'],
  ])('%s is refused', (_, change, message) => {
    expect(() => readLlamaConfig({ ...configJson, ...change })).toThrow(message);
  });

  test('what may be left out has its default', () => {
    const { num_key_value_heads, rope_theta, tie_word_embeddings, ...rest } = configJson;
    expect(readLlamaConfig(rest)).toEqual({
      config: { ...tinyConfig, keyValueHeads: 4, ropeTheta: 10_000 },
      layout: { tied: false, family: 'llama' },
    });
    expect(readLlamaConfig({ ...configJson, model_type: 'qwen2' }).layout).toEqual({
      tied: true,
      family: 'qwen2',
    });
    expect(readLlamaConfig({ ...configJson, head_dim: 32 }).config.headWidth).toBe(32);
    expect(readLlamaConfig({ ...rest, rope_parameters: { rope_theta: 5 } }).config.ropeTheta).toBe(5);
    const { config } = readLlamaConfig({ ...rest, rope_scaling: { type: 'linear', factor: 2 } });
    expect(config.ropeScaling).toEqual({ rope_type: 'linear', factor: 2 });
  });
});

describe('GGUF', () => {
  const metadata = new Map<string, weights.GgufValue>([
    ['general.architecture', 'llama'],
    ['llama.vocab_size', 96],
    ['llama.embedding_length', 64],
    ['llama.block_count', 2],
    ['llama.attention.head_count', 4],
    ['llama.attention.head_count_kv', 2],
    ['llama.feed_forward_length', 96],
    ['llama.attention.layer_norm_rms_epsilon', 1e-5],
    ['llama.rope.freq_base', 1000],
    ['llama.context_length', 64],
  ]);

  /** llama.cpp's change of rows when it converts: halves of a head become pairs. */
  const paired = ({ data, shape }: Tensor, heads: number): Float32Array => {
    const [rows, columns] = shape as [number, number];
    const half = rows / heads / 2;
    const out = new Float32Array(data.length);
    for (let h = 0; h < heads; h += 1)
      for (let side = 0; side < 2; side += 1)
        for (let i = 0; i < half; i += 1)
          for (let c = 0; c < columns; c += 1)
            out[(h * 2 * half + 2 * i + side) * columns + c] = data[
              (h * 2 * half + side * half + i) * columns + c
            ] as number;
    return out;
  };

  const file = (changes: readonly (readonly [string, weights.GgufValue])[] = []): weights.Gguf => ({
    metadata: new Map([...metadata, ...changes]),
    tensors: new Map([['token_embd.weight', { type: 'F32', shape: [96, 64] }]]),
    read(name) {
      const path = nameOfGguf(name);
      const leaf = leaves.find((l) => l.path === path)!.leaf;
      const own = tinyWeight(path, leaf.shape);
      const heads = path.includes('q_proj') ? 4 : 2;
      const data = /[qk]_proj/.test(path) ? paired(own, heads) : (own.data as Float32Array);
      return { type: 'F32', shape: leaf.shape, data };
    },
    close() {},
  });

  test('gives the model, with the rows of queries and keys in their own order again', () => {
    expect(ggufLlama(file())).toEqual({ config: tinyConfig, params: tinyParams });
  });

  test.each([
    ['general.architecture', 'mamba', 'unsupported architecture: mamba'],
    ['llama.rope.scaling.type', 'yarn', 'unsupported scaling of rotary positions: yarn'],
    ['llama.block_count', 'two', 'missing or invalid in the GGUF file: llama.block_count'],
    ['llama.attention.head_count', 5, 'impossible heads: 5 of width 12.8'],
  ])('%s %s is refused', (key, value, message) => {
    expect(() => ggufLlama(file([[key, value]]))).toThrow(message);
  });
});
