import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jit, leavesOf, type Tensor, type Tree, tensor, type Value, type weights } from '@tutelage/engine';
import { afterAll, describe, expect, test } from 'vitest';
import { openCausalModel, saveCausalModel } from '../../src/language/causal-model.js';
import { llamaDecoder } from '../../src/language/generate/decoder.js';
import { generate } from '../../src/language/generate/generate.js';
import { ggufLlama } from '../../src/language/gguf-model.js';
import type { LlamaFileConfig } from '../../src/language/llama-weights.js';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { type Llama, llama } from '../../src/models/llama.js';
import { rotaryFrequencies } from '../../src/models/rotary-frequencies.js';
import {
  nameOfGguf,
  qwen3Config,
  tinyConfig,
  tinyParams,
  tinyQwen,
  tinyQwen3,
  tinyWeight,
} from './tiny-llama.js';

interface Case {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
  readonly firstLogits: readonly number[];
}
const casesOf = (name: string): readonly Case[] =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));

const llama3 = {
  rope_type: 'llama3',
  factor: 4,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 16,
} as const;
/** The models of `peers/language_fixtures.py` that differ from the tiny LLaMA, and what their `config.json` says of it. */
const families = [
  ['tiny-qwen2', tinyConfig, tinyQwen, { model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] }],
  [
    'tiny-qwen3',
    qwen3Config,
    tinyQwen3,
    { model_type: 'qwen3', architectures: ['Qwen3ForCausalLM'], head_dim: 24 },
  ],
  ['tiny-llama-3', { ...tinyConfig, ropeScaling: llama3 }, tinyParams, { rope_scaling: llama3 }],
  [
    'tiny-llama-linear',
    { ...tinyConfig, ropeScaling: { rope_type: 'linear', factor: 4 } as const },
    tinyParams,
    { model_type: 'llama', rope_scaling: { rope_type: 'linear', factor: 4 } },
  ],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'families-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(families)('%s', (name, config, params, described) => {
  const cases = casesOf(name);

  test('greedy tokens are those of PyTorch', async () => {
    const decoder = await llamaDecoder(params, config, config.positions, { threads: 1 });
    const prompts = cases.map(({ prompt }) => prompt);
    const answers = await generate(decoder, prompts, { maxTokens: 16 });
    expect(answers.map(({ tokens }) => tokens)).toEqual(cases.map(({ answer }) => answer));
    await decoder.release();
  });

  test('logits of the model in training are those of PyTorch', async () => {
    const forward = jit((p: Llama<Value>, tokens: Value) => llama(p, config, tokens), { threads: 1 });
    for (const { prompt, firstLogits } of cases) {
      const logits = await forward(params, tensor(Int32Array.from(prompt), [1, prompt.length]));
      const last = logits.data.subarray((prompt.length - 1) * config.vocabulary);
      firstLogits.forEach((expected, i) => {
        expect(last[i]).toBeCloseTo(expected, 4);
      });
    }
    await forward.dispose();
  });

  test('is saved as what it is, and comes back', async () => {
    const tokenizer = trainWordLevel(['one two three'], { vocabulary: 96 });
    await saveCausalModel({ config, params, tokenizer }, folder);
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toMatchObject(described);
    const again = await openCausalModel(folder);
    expect({ config: again.config, params: again.params }).toEqual({ config, params });
  });
});

interface GgufCase {
  readonly name: string;
  readonly config: LlamaFileConfig;
  readonly params: Llama<Tensor>;
  readonly more?: readonly (readonly [string, weights.GgufValue])[];
  readonly ropeDivisors?: readonly number[];
}

/** A file in memory, as llama.cpp would write it for models whose rows stay as they are. */
function ggufOf({ name, params, more = [], ropeDivisors }: GgufCase): weights.Gguf {
  const leaves = leavesOf<Tensor>(params as unknown as Tree<Tensor>);
  const own = [
    ['embedding_length', 64],
    ['block_count', 2],
    ['attention.head_count', 4],
    ['attention.head_count_kv', 2],
    ['feed_forward_length', 96],
    ['attention.layer_norm_rms_epsilon', 1e-5],
    ['rope.freq_base', 1000],
    ['context_length', 64],
    ...more,
  ] as const;
  return {
    metadata: new Map<string, weights.GgufValue>([
      ['general.architecture', name],
      ...own.map(([key, value]) => [`${name}.${key}`, value] as const),
    ]),
    tensors: new Map([
      ['token_embd.weight', { type: 'F32', shape: [96, 64] }],
      ...(ropeDivisors ? [['rope_freqs.weight', { type: 'F32', shape: [8] }] as const] : []),
    ]),
    read(tensorName) {
      if (tensorName === 'rope_freqs.weight') {
        return { type: 'F32', shape: [8], data: Float32Array.from(ropeDivisors!) };
      }
      const path = nameOfGguf(tensorName);
      const { shape } = leaves.find((one) => one.path === path)!.leaf;
      return { type: 'F32', shape, data: tinyWeight(path, shape).data as Float32Array };
    },
    close() {},
  };
}

const llama32 = { ...llama3, factor: 32, original_max_position_embeddings: 8192 } as const;
const divisors = (() => {
  const plain = rotaryFrequencies(16, 500_000);
  return rotaryFrequencies(16, 500_000, llama32).map((f, i) => Math.fround(plain[i]! / f));
})();

test.each<GgufCase>([
  { name: 'qwen2', config: tinyConfig, params: tinyQwen },
  { name: 'qwen3', config: qwen3Config, params: tinyQwen3, more: [['attention.key_length', 24]] },
  {
    name: 'qwen2',
    config: { ...tinyConfig, ropeScaling: { rope_type: 'linear', factor: 4 } },
    params: tinyQwen,
    more: [
      ['rope.scaling.type', 'linear'],
      ['rope.scaling.factor', 4],
    ],
  },
  {
    name: 'qwen2',
    config: { ...tinyConfig, ropeTheta: 500_000, ropeScaling: llama32 },
    params: tinyQwen,
    more: [['rope.freq_base', 500_000]],
    ropeDivisors: divisors,
  },
])('a GGUF file tells what a $name model is: $more', (one) => {
  expect(ggufLlama(ggufOf(one))).toEqual({ config: one.config, params: one.params });
});

test('a scaling that is not understood is refused', () => {
  const one = { name: 'qwen2', config: tinyConfig, params: tinyQwen };
  expect(() => ggufLlama(ggufOf({ ...one, more: [['rope.scaling.type', 'yarn']] }))).toThrow(
    'unsupported scaling of rotary positions: yarn',
  );
  const ropeDivisors = divisors.map((divisor) => divisor + 1);
  expect(() => ggufLlama(ggufOf({ ...one, ropeDivisors }))).toThrow('rope_freqs.weight');
});
