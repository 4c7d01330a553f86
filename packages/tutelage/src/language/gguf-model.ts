import { type Tensor, tensor, type weights } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import {
  checkedConfig,
  checkedWeight,
  type LlamaFileConfig,
  type LlamaModel,
  readLlamaParams,
} from './llama-weights.js';

/** Names of llama.cpp for those of Hugging Face. */
const LAYER_NAMES: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};
const NAMES: Readonly<Record<string, string>> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'model.norm.weight': 'output_norm.weight',
  'lm_head.weight': 'output.weight',
};

/**
 * A LLaMA or Qwen 2 model in a GGUF file, dequantised to float32.
 *
 * @throws {UserError} when the file holds another architecture
 * @throws {ModelFileError} when a tensor is missing or of a type that isn't read
 */
export function ggufLlama(file: weights.Gguf): LlamaModel {
  const architecture = architectureOf(file);
  const config = ggufConfig(file, architecture);
  const biased = architecture === 'qwen2';
  const layout = { tied: !file.tensors.has('output.weight'), biased };
  const params = readLlamaParams(config, layout, (name, shape) => {
    const found = file.read(ggufName(name));
    const weight = checkedWeight(name, found.data, found.shape, shape);
    if (biased) return weight;
    if (name.endsWith('q_proj.weight')) return halvesFromPairs(weight, config.heads);
    if (name.endsWith('k_proj.weight')) return halvesFromPairs(weight, config.keyValueHeads);
    return weight;
  });
  return { config, params };
}

function ggufName(name: string): string {
  const layer = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name);
  return layer ? `blk.${layer[1]}.${LAYER_NAMES[layer[2]!]}.${layer[3]}` : NAMES[name]!;
}

function architectureOf({ metadata }: weights.Gguf): 'llama' | 'qwen2' {
  const architecture = metadata.get('general.architecture');
  if (architecture === 'llama' || architecture === 'qwen2') return architecture;
  throw new UserError(`unsupported architecture: ${String(architecture)}`, {
    hint: 'models of the architectures "llama" and "qwen2" can be read',
  });
}

function ggufConfig(
  { metadata, tensors }: weights.Gguf,
  architecture: ReturnType<typeof architectureOf>,
): LlamaFileConfig {
  const number = (key: string, otherwise?: number): number => {
    const value = metadata.get(`${architecture}.${key}`) ?? otherwise;
    if (typeof value === 'number' && value > 0) return value;
    throw new UserError(`missing or invalid in the GGUF file: ${architecture}.${key}`);
  };
  const scaling = metadata.get(`${architecture}.rope.scaling.type`) ?? 'none';
  if (scaling !== 'none' || tensors.has('rope_freqs.weight')) {
    throw new UserError(`unsupported scaling of rotary positions: ${String(scaling)}`);
  }
  const heads = number('attention.head_count');
  return checkedConfig({
    vocabulary: tensors.get('token_embd.weight')?.shape[0] ?? number('vocab_size'),
    width: number('embedding_length'),
    layers: number('block_count'),
    heads,
    keyValueHeads: number('attention.head_count_kv', heads),
    intermediate: number('feed_forward_length'),
    rmsNormEpsilon: number('attention.layer_norm_rms_epsilon'),
    ropeTheta: number('rope.freq_base', 10_000),
    positions: number('context_length'),
  });
}

/**
 * llama.cpp rotates neighbouring elements of LLaMA's heads, Hugging Face an element of a head's first half with one of its second: its
 * files hold the rows of query and key projections in the former order. Row 2 i + j of a head there is row
 * j * head / 2 + i here.
 */
function halvesFromPairs(weight: Tensor, heads: number): Tensor {
  const [rows, columns] = weight.shape as [number, number];
  const half = rows / heads / 2;
  const source = weight.data as Float32Array;
  const data = new Float32Array(source.length);
  for (let row = 0; row < rows; row += 1) {
    const [head, inHead] = [Math.floor(row / (2 * half)), row % (2 * half)];
    const from = 2 * half * head + 2 * (inHead % half) + Math.floor(inHead / half);
    data.set(source.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  return tensor(data, weight.shape);
}
