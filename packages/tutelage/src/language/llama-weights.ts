import { type Tensor, tensor } from '@tutelage/engine';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { headWidthOf, type Llama, type LlamaConfig } from '../models/llama.js';
import type { RopeScaling } from '../models/rotary-frequencies.js';

/**
 * Families that share LLaMA's architecture, by their names in files: Qwen 2 and 2.5 have biases at queries, keys and values, Qwen 3 norms
 * over each head's queries and keys.
 */
export const families = ['llama', 'qwen2', 'qwen3'] as const;
export type Family = (typeof families)[number];

/** A LLaMA model's sizes with the longest sequence that it was made for. */
export interface LlamaFileConfig extends LlamaConfig {
  readonly positions: number;
}

/** A model as it comes from files. */
export interface LlamaModel {
  readonly config: LlamaFileConfig;
  readonly params: Llama<Tensor>;
}

/** Reads the weight of a name and shape. */
export type ReadWeight = (name: string, shape: readonly number[]) => Tensor;

const size = z.int().positive();
const atLeastOne = z.number().min(1);
const scaling = z.discriminatedUnion('rope_type', [
  z.object({ rope_type: z.literal('linear'), factor: atLeastOne }),
  z.object({
    rope_type: z.literal('llama3'),
    factor: atLeastOne,
    low_freq_factor: z.number().positive(),
    high_freq_factor: z.number().positive(),
    original_max_position_embeddings: size,
  }),
]) satisfies z.ZodType<RopeScaling>;
/** Older files say `type`, and have the base beside it. */
const rope = z
  .looseObject({ rope_theta: z.number().positive().optional() })
  .transform(({ type, rope_type = type ?? 'default', ...others }) => ({ ...others, rope_type }));
const configSchema = z.object({
  model_type: z.enum(families),
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.optional(),
  head_dim: size.nullish(),
  max_position_embeddings: size,
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().optional(),
  rope_parameters: rope.nullish(),
  rope_scaling: rope.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  hidden_act: z.literal('silu').default('silu'),
  attention_bias: z.literal(false).default(false),
  mlp_bias: z.literal(false).default(false),
  use_sliding_window: z.literal(false).default(false),
});

/** What of a model's weights its sizes do not tell. */
export interface LlamaLayout {
  /** Whether the output layer is the embedding again. */
  readonly tied: boolean;
  readonly family: Family;
}

/**
 * The sizes in a Hugging Face `config.json` of a LLaMA or Qwen model.
 *
 * @throws {UserError} when it describes another architecture, or a variant that isn't supported
 */
export function readLlamaConfig(json: unknown): {
  readonly config: LlamaFileConfig;
  readonly layout: LlamaLayout;
} {
  const read = configSchema.safeParse(json);
  if (!read.success)
    throw new UserError('not the configuration of a supported LLaMA or Qwen model', {
      detail: z.prettifyError(read.error),
    });
  const c = read.data;
  const ropeScaling = scalingOf(c.rope_scaling ?? c.rope_parameters);
  const config = checkedConfig({
    vocabulary: c.vocab_size,
    width: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    keyValueHeads: c.num_key_value_heads ?? c.num_attention_heads,
    intermediate: c.intermediate_size,
    rmsNormEpsilon: c.rms_norm_eps,
    ropeTheta: c.rope_theta ?? c.rope_parameters?.rope_theta ?? 10_000,
    positions: c.max_position_embeddings,
    ...(c.head_dim && c.head_dim !== c.hidden_size / c.num_attention_heads && { headWidth: c.head_dim }),
    ...(ropeScaling && { ropeScaling }),
  });
  return { config, layout: { tied: c.tie_word_embeddings, family: c.model_type } };
}

function scalingOf(found: z.output<typeof rope> | null | undefined): RopeScaling | undefined {
  if (!found || found.rope_type === 'default') return undefined;
  const read = scaling.safeParse(found);
  if (read.success) return read.data;
  throw new UserError(`unsupported scaling of rotary positions: ${JSON.stringify(found)}`, {
    hint: '"linear" and "llama3" can be read',
  });
}

/** @throws {UserError} when heads have no even width, or key-value heads don't divide the heads */
export function checkedConfig(config: LlamaFileConfig): LlamaFileConfig {
  const { heads, keyValueHeads } = config;
  const head = headWidthOf(config);
  if (head % 2 !== 0 || heads % keyValueHeads !== 0) {
    throw new UserError(
      `impossible heads: ${heads} of width ${head}, with ${keyValueHeads} key-value heads: the width must be even, and key-value heads divide the heads`,
    );
  }
  return config;
}

/** The parameters of a model, each read by its Hugging Face name with `.weight` or `.bias` at the end. */
export function readLlamaParams(
  config: LlamaConfig,
  { tied, family }: LlamaLayout,
  read: ReadWeight,
): Llama<Tensor> {
  const { width, intermediate } = config;
  const head = headWidthOf(config);
  const [queryWidth, keyValueWidth] = [head * config.heads, head * config.keyValueHeads];
  const scale = (name: string, size = width) => ({ weight: read(`${name}.weight`, [size]) });
  const matrix = (name: string, outputs: number, inputs: number) => ({
    weight: read(`${name}.weight`, [outputs, inputs]),
  });
  const attending = (name: string, outputs: number) => ({
    ...matrix(name, outputs, width),
    ...(family === 'qwen2' && { bias: read(`${name}.bias`, [outputs]) }),
  });
  return {
    model: {
      embed_tokens: matrix('model.embed_tokens', config.vocabulary, width),
      layers: Array.from({ length: config.layers }, (_, i) => {
        const at = `model.layers.${i}`;
        return {
          input_layernorm: scale(`${at}.input_layernorm`),
          self_attn: {
            q_proj: attending(`${at}.self_attn.q_proj`, queryWidth),
            k_proj: attending(`${at}.self_attn.k_proj`, keyValueWidth),
            v_proj: attending(`${at}.self_attn.v_proj`, keyValueWidth),
            o_proj: matrix(`${at}.self_attn.o_proj`, width, queryWidth),
            ...(family === 'qwen3' && {
              q_norm: scale(`${at}.self_attn.q_norm`, head),
              k_norm: scale(`${at}.self_attn.k_norm`, head),
            }),
          },
          post_attention_layernorm: scale(`${at}.post_attention_layernorm`),
          mlp: {
            gate_proj: matrix(`${at}.mlp.gate_proj`, intermediate, width),
            up_proj: matrix(`${at}.mlp.up_proj`, intermediate, width),
            down_proj: matrix(`${at}.mlp.down_proj`, width, intermediate),
          },
        };
      }),
      norm: scale('model.norm'),
    },
    ...(!tied && { lm_head: matrix('lm_head', config.vocabulary, width) }),
  };
}

/** A weight whose shape must be the one that the configuration asks for. */
export function checkedWeight(
  name: string,
  data: Float32Array,
  found: readonly number[],
  shape: readonly number[],
): Tensor {
  if (found.length !== shape.length || found.some((d, i) => d !== shape[i])) {
    throw new UserError(`weight of the wrong shape: ${name} is [${found.join(', ')}]`, {
      detail: `the model's configuration asks for [${shape.join(', ')}]`,
    });
  }
  return tensor(data, shape);
}

/** The family that a model's weights are of. */
export function familyOf({ model }: Pick<Llama<Tensor>, 'model'>): Family {
  const { q_proj, q_norm } = model.layers[0]?.self_attn ?? {};
  return q_norm ? 'qwen3' : q_proj?.bias ? 'qwen2' : 'llama';
}

/** Hugging Face's name of the architecture. */
export function architectureFor(use: 'CausalLM' | 'SequenceClassification', family: Family): string {
  return `${family[0]!.toUpperCase()}${family.slice(1)}For${use}`;
}
