import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportSafetensors, type Tensor, type Tree, weights } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { headWidthOf, type Llama } from '../models/llama.js';
import { ggufLlama } from './gguf-model.js';
import { architectureFor, familyOf, type LlamaModel } from './llama-weights.js';
import { safetensorsLlama } from './safetensors-model.js';
import { ggufTokenizer } from './tokenizer/gguf-tokenizer.js';
import { loadTokenizer } from './tokenizer/load.js';
import { saveTokenizer } from './tokenizer/save.js';
import type { Tokenizer } from './tokenizer/tokenizer.js';

/** A causal language model with its tokenizer. */
export interface CausalModel extends LlamaModel {
  readonly tokenizer: Tokenizer;
}

/**
 * A LLaMA or Qwen model from a GGUF file, or from a folder as Hugging Face lays it out.
 *
 * @throws {UserError} when files are missing or hold something else
 * @throws {ModelFileError} when a weight file is damaged
 */
export async function openCausalModel(path: string): Promise<CausalModel> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new UserError(`no such file or folder: ${path}`);
  if (found.isDirectory()) {
    return { ...(await safetensorsLlama(path)), tokenizer: await loadTokenizer(path) };
  }
  const file = weights.openGguf(path);
  try {
    return { tokenizer: ggufTokenizer(file), ...ggufLlama(file) };
  } finally {
    file.close();
  }
}

/** Writes a model as Hugging Face lays it out: `config.json`, `model.safetensors`, and the tokenizer's files. */
export async function saveCausalModel(model: CausalModel, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(causalConfig(model), undefined, 2)}\n`);
  await writeFile(
    join(folder, 'model.safetensors'),
    exportSafetensors(model.params as Tree<Tensor>, { properties: { format: 'pt' } }),
  );
  await saveTokenizer(model.tokenizer, folder);
}

/** What `config.json` says of a model. */
export function causalConfig(model: CausalModel) {
  return {
    architectures: [architectureFor('CausalLM', familyOf(model.params))],
    ...llamaSizes(model),
    tie_word_embeddings: model.params.lm_head === undefined,
  };
}

/** What `config.json` says of a model whatever its head is. */
export function llamaSizes(
  model: Pick<CausalModel, 'config' | 'tokenizer'> & { readonly params: Pick<Llama<Tensor>, 'model'> },
) {
  const { config, params } = model;
  const family = familyOf(params);
  return {
    model_type: family,
    vocab_size: config.vocabulary,
    hidden_size: config.width,
    intermediate_size: config.intermediate,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    ...((config.headWidth || family === 'qwen3') && { head_dim: headWidthOf(config) }),
    max_position_embeddings: config.positions,
    rms_norm_eps: config.rmsNormEpsilon,
    rope_theta: config.ropeTheta,
    ...(config.ropeScaling && { rope_scaling: config.ropeScaling }),
    hidden_act: 'silu',
    ...(family === 'llama' && { attention_bias: false, mlp_bias: false }),
    ...(family === 'qwen3' && { attention_bias: false }),
    ...roleTokens(model),
  };
}

/** Tokens by the roles that they have in a generation; texts are padded with the end where there is no token of its own for it. */
export function roleTokens({ tokenizer: { special } }: Pick<CausalModel, 'tokenizer'>) {
  const { beginning, end, padding = end } = special;
  return {
    ...(beginning !== undefined && { bos_token_id: beginning }),
    ...(end !== undefined && { eos_token_id: end }),
    ...(padding !== undefined && { pad_token_id: padding }),
  };
}
