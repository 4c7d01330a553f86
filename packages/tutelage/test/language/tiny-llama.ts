import { type Tensor, tensor } from '@tutelage/engine';
import { uniform } from '../../../engine/test/support/generator.js';
import { readLlamaParams } from '../../src/language/llama-weights.js';
import type { Llama } from '../../src/models/llama.js';

/** The tiny model of `peers/language_fixtures.py`. */
export const tinyConfig = {
  vocabulary: 96,
  width: 64,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  intermediate: 96,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 1000,
  positions: 64,
};

/** A weight by its name, computed as in the fixture's script. */
export function tinyWeight(name: string, shape: readonly number[]): Tensor {
  const size = shape.reduce((product, d) => product * d, 1);
  const [center, scale] = shape.length === 1 ? [1, 0.2] : [0, 0.4];
  return tensor(uniform(name, size, center, scale), shape);
}

export const tinyParams: Llama<Tensor> = readLlamaParams(
  tinyConfig,
  { tied: true, family: 'llama' },
  tinyWeight,
);

/** The same with the biases of Qwen 2. */
export const tinyQwen: Llama<Tensor> = readLlamaParams(
  tinyConfig,
  { tied: true, family: 'qwen2' },
  tinyWeight,
);

/** Heads of Qwen 3 may be wider than a share of the width. */
export const qwen3Config = { ...tinyConfig, headWidth: 24 };

/** The same with the norms of Qwen 3. */
export const tinyQwen3: Llama<Tensor> = readLlamaParams(
  qwen3Config,
  { tied: true, family: 'qwen3' },
  tinyWeight,
);

const ggufParts: Readonly<Record<string, string>> = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

/** Hugging Face's name of a tensor of a GGUF file. */
export function nameOfGguf(tensorName: string): string {
  const [, layer, part, kind] = /^(?:blk\.(\d)\.)?(\w+)\.(weight|bias)$/.exec(tensorName)!;
  return `${layer === undefined ? '' : `model.layers.${layer}.`}${ggufParts[part!]}.${kind}`;
}
