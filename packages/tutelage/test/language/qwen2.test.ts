import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jit, leavesOf, type Tensor, type Tree, tensor, type Value, type weights } from '@tutelage/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCausalModel, saveCausalModel } from '../../src/language/causal-model.js';
import { type Decoder, llamaDecoder } from '../../src/language/generate/decoder.js';
import { generate } from '../../src/language/generate/generate.js';
import { ggufLlama } from '../../src/language/gguf-model.js';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { type Llama, llama } from '../../src/models/llama.js';
import { tinyConfig, tinyQwen, tinyWeight } from './tiny-llama.js';

interface Case {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
  readonly firstLogits: readonly number[];
}
const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('../fixtures/tiny-qwen2.json', import.meta.url), 'utf8'),
);

let decoder: Decoder;
const folder = mkdtempSync(join(tmpdir(), 'qwen2-'));
beforeAll(async () => {
  decoder = await llamaDecoder(tinyQwen, tinyConfig, tinyConfig.positions, { threads: 1 });
});
afterAll(async () => {
  await decoder.release();
  rmSync(folder, { recursive: true });
});

test('greedy tokens are those of PyTorch', async () => {
  const prompts = cases.map(({ prompt }) => prompt);
  const answers = await generate(decoder, prompts, { maxTokens: 16 });
  expect(answers.map(({ tokens }) => tokens)).toEqual(cases.map(({ answer }) => answer));
});

test('logits of the model in training are those of PyTorch', async () => {
  const forward = jit((p: Llama<Value>, tokens: Value) => llama(p, tinyConfig, tokens), { threads: 1 });
  for (const { prompt, firstLogits } of cases) {
    const logits = await forward(tinyQwen, tensor(Int32Array.from(prompt), [1, prompt.length]));
    const last = logits.data.subarray((prompt.length - 1) * tinyConfig.vocabulary);
    firstLogits.forEach((expected, i) => {
      expect(last[i]).toBeCloseTo(expected, 4);
    });
  }
  await forward.dispose();
});

test('is saved under its own name, and comes back', async () => {
  const tokenizer = trainWordLevel(['one two three'], { vocabulary: 96 });
  await saveCausalModel({ config: tinyConfig, params: tinyQwen, tokenizer }, folder);
  const saved = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  expect(saved).toMatchObject({ model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] });
  expect(saved).not.toHaveProperty('attention_bias');
  const { config, params } = await openCausalModel(folder);
  expect({ config, params }).toEqual({ config: tinyConfig, params: tinyQwen });
});

test('a GGUF file of it has biases, and its rows as they are', () => {
  const names: Readonly<Record<string, string>> = {
    token_embd: 'model.embed_tokens',
    output_norm: 'model.norm',
    attn_norm: 'input_layernorm',
    attn_q: 'self_attn.q_proj',
    attn_k: 'self_attn.k_proj',
    attn_v: 'self_attn.v_proj',
    attn_output: 'self_attn.o_proj',
    ffn_norm: 'post_attention_layernorm',
    ffn_gate: 'mlp.gate_proj',
    ffn_up: 'mlp.up_proj',
    ffn_down: 'mlp.down_proj',
  };
  const leaves = leavesOf<Tensor>(tinyQwen as unknown as Tree<Tensor>);
  const file: weights.Gguf = {
    metadata: new Map<string, weights.GgufValue>([
      ['general.architecture', 'qwen2'],
      ['qwen2.embedding_length', 64],
      ['qwen2.block_count', 2],
      ['qwen2.attention.head_count', 4],
      ['qwen2.attention.head_count_kv', 2],
      ['qwen2.feed_forward_length', 96],
      ['qwen2.attention.layer_norm_rms_epsilon', 1e-5],
      ['qwen2.rope.freq_base', 1000],
      ['qwen2.context_length', 64],
    ]),
    tensors: new Map([['token_embd.weight', { type: 'F32', shape: [96, 64] }]]),
    read(name) {
      const [, layer, part, kind] = /^(?:blk\.(\d)\.)?(\w+)\.(weight|bias)$/.exec(name)!;
      const path = `${layer === undefined ? '' : `model.layers.${layer}.`}${names[part!]}.${kind}`;
      const { shape } = leaves.find((one) => one.path === path)!.leaf;
      return { type: 'F32', shape, data: tinyWeight(path, shape).data as Float32Array };
    },
    close() {},
  };
  expect(ggufLlama(file)).toEqual({ config: tinyConfig, params: tinyQwen });
});
