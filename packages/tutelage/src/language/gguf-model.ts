import { type Tensor, tensor, type weights } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { type RopeScaling, rotaryFrequencies } from '../models/rotary-frequencies.js';
import {
  checkedConfig,
  checkedWeight,
  type Family,
  families,
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
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
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
 * A LLaMA or Qwen model in a GGUF file, dequantised to float32.
 *
 * @throws {UserError} when the file holds another architecture
 * @throws {ModelFileError} when a tensor is missing or of a type that isn't read
 */
export function ggufLlama(file: weights.Gguf): LlamaModel {
  const family = familyIn(file);
  const config = ggufConfig(file, family);
  const layout = { tied: !file.tensors.has('output.weight'), family };
  const params = readLlamaParams(config, layout, (name, shape) => {
    const found = file.read(ggufName(name));
    const weight = checkedWeight(name, found.data, found.shape, shape);
    if (family !== 'llama') return weight;
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

function familyIn({ metadata }: weights.Gguf): Family {
  const architecture = metadata.get('general.architecture');
  const family = families.find((name) => name === architecture);
  if (family) return family;
  throw new UserError(`unsupported architecture: ${String(architecture)}`, {
    hint: `models of these architectures can be read: ${families.join(', ')}`,
  });
}

function ggufConfig(file: weights.Gguf, family: Family): LlamaFileConfig {
  const { metadata, tensors } = file;
  const number = (key: string, otherwise?: number): number => {
    const value = metadata.get(`${family}.${key}`) ?? otherwise;
    if (typeof value === 'number' && value > 0) return value;
    throw new UserError(`missing or invalid in the GGUF file: ${family}.${key}`);
  };
  const heads = number('attention.head_count');
  const width = number('embedding_length');
  const headWidth = number('attention.key_length', width / heads);
  const ropeTheta = number('rope.freq_base', 10_000);
  const ropeScaling = ggufScaling(file, family, { headWidth, ropeTheta });
  return checkedConfig({
    vocabulary: tensors.get('token_embd.weight')?.shape[0] ?? number('vocab_size'),
    width,
    layers: number('block_count'),
    heads,
    keyValueHeads: number('attention.head_count_kv', heads),
    ...(headWidth !== width / heads && { headWidth }),
    intermediate: number('feed_forward_length'),
    rmsNormEpsilon: number('attention.layer_norm_rms_epsilon'),
    ropeTheta,
    ...(ropeScaling && { ropeScaling }),
    positions: number('context_length'),
  });
}

/**
 * How rotary positions are scaled. For LLaMA 3.1 and later a file holds what each frequency is divided by, but not the rule that made these
 * numbers: it is found by trying those models' own.
 */
function ggufScaling(
  file: weights.Gguf,
  family: Family,
  { headWidth, ropeTheta }: { readonly headWidth: number; readonly ropeTheta: number },
): RopeScaling | undefined {
  const { metadata, tensors } = file;
  const type = metadata.get(`${family}.rope.scaling.type`) ?? 'none';
  const factor = metadata.get(`${family}.rope.scaling.factor`);
  if (type === 'linear' && typeof factor === 'number') return { rope_type: 'linear', factor };
  if (type !== 'none') throw new UserError(`unsupported scaling of rotary positions: ${String(type)}`);
  if (!tensors.has('rope_freqs.weight')) return undefined;
  const divisors = file.read('rope_freqs.weight').data;
  const scaling = {
    rope_type: 'llama3',
    factor: Math.round(divisors.reduce((a, b) => Math.max(a, b), 1)),
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  } as const;
  const plain = rotaryFrequencies(headWidth, ropeTheta);
  const scaled = rotaryFrequencies(headWidth, ropeTheta, scaling);
  if (divisors.length === plain.length && scaled.every((f, i) => near(plain[i]! / f, divisors[i]!)))
    return scaling;
  throw new UserError(
    'unsupported scaling of rotary positions: rope_freqs.weight is not as in LLaMA 3.1 or 3.2',
  );
}

/** Equal up to what float32 and its powers lose. */
function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-3 * Math.abs(a);
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
