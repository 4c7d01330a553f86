import { type Tensor, tensor } from '@tutelage/engine';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { Llama, LlamaConfig } from '../models/llama.js';
import type { RopeScaling } from '../models/rotary-frequencies.js';

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
  model_type: z.enum(['llama', 'qwen2']),
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
  /** Whether queries, keys and values have biases, as in Qwen 2. */
  readonly biased: boolean;
}

/**
 * The sizes in a Hugging Face `config.json` of a LLaMA model, or of one of Qwen 2 or 2.5, which differ from it by biases.
 *
 * @throws {UserError} when it describes another architecture, or a variant that isn't supported
 */
export function readLlamaConfig(json: unknown): {
  readonly config: LlamaFileConfig;
  readonly layout: LlamaLayout;
} {
  const read = configSchema.safeParse(json);
  if (!read.success)
    throw new UserError('not the configuration of a supported LLaMA or Qwen 2 model', {
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
    ...(ropeScaling && { ropeScaling }),
  });
  if (c.head_dim && c.head_dim * config.heads !== config.width) {
    throw new UserError(`unsupported head width: ${c.head_dim}`, {
      detail: `${config.heads} heads of a width of ${config.width} are each ${config.width / config.heads} wide`,
    });
  }
  return { config, layout: { tied: c.tie_word_embeddings, biased: c.model_type === 'qwen2' } };
}

function scalingOf(found: z.output<typeof rope> | null | undefined): RopeScaling | undefined {
  if (!found || found.rope_type === 'default') return undefined;
  const read = scaling.safeParse(found);
  if (read.success) return read.data;
  throw new UserError(`unsupported scaling of rotary positions: ${JSON.stringify(found)}`, {
    hint: '"linear" and "llama3" can be read',
  });
}

/** @throws {UserError} when heads don't divide the width, or key-value heads the heads */
export function checkedConfig(config: LlamaFileConfig): LlamaFileConfig {
  const { width, heads, keyValueHeads } = config;
  if (width % heads !== 0 || heads % keyValueHeads !== 0) {
    throw new UserError(
      `impossible number of heads: ${heads} with ${keyValueHeads} key-value heads, for a width of ${width}`,
    );
  }
  return config;
}

/** The parameters of a model, each read by its Hugging Face name with `.weight` or `.bias` at the end. */
export function readLlamaParams(
  config: LlamaConfig,
  { tied, biased }: LlamaLayout,
  read: ReadWeight,
): Llama<Tensor> {
  const { width, intermediate } = config;
  const keyValueWidth = (width / config.heads) * config.keyValueHeads;
  const scale = (name: string) => ({ weight: read(`${name}.weight`, [width]) });
  const matrix = (name: string, outputs: number, inputs: number) => ({
    weight: read(`${name}.weight`, [outputs, inputs]),
  });
  const attending = (name: string, outputs: number) => ({
    ...matrix(name, outputs, width),
    ...(biased && { bias: read(`${name}.bias`, [outputs]) }),
  });
  return {
    model: {
      embed_tokens: matrix('model.embed_tokens', config.vocabulary, width),
      layers: Array.from({ length: config.layers }, (_, i) => {
        const at = `model.layers.${i}`;
        return {
          input_layernorm: scale(`${at}.input_layernorm`),
          self_attn: {
            q_proj: attending(`${at}.self_attn.q_proj`, width),
            k_proj: attending(`${at}.self_attn.k_proj`, keyValueWidth),
            v_proj: attending(`${at}.self_attn.v_proj`, keyValueWidth),
            o_proj: matrix(`${at}.self_attn.o_proj`, width, width),
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

/** Whether a model has the biases of Qwen 2. */
export function isBiased({ model }: Pick<Llama<Tensor>, 'model'>): boolean {
  return model.layers[0]?.self_attn.q_proj.bias !== undefined;
}

/** Hugging Face's name of the architecture. */
export function architectureFor(use: 'CausalLM' | 'SequenceClassification', biased: boolean): string {
  return `${biased ? 'Qwen2' : 'Llama'}For${use}`;
}
