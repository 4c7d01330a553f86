import {
  add,
  checkpoint,
  concat,
  matmul,
  mul,
  nn,
  random,
  reshape,
  rmsNorm,
  silu,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import { type RopeScaling, rotaryFrequencies } from './rotary-frequencies.js';
import { fromHeads, toHeads } from './transformer.js';

export interface LlamaConfig {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Fewer than `heads` for grouped-query attention. */
  readonly keyValueHeads: number;
  /** Width of a head; `width / heads` unless told. */
  readonly headWidth?: number;
  readonly intermediate: number;
  readonly rmsNormEpsilon: number;
  readonly ropeTheta: number;
  readonly ropeScaling?: RopeScaling;
}

type Scale<T> = {
  readonly weight: T;
};

type LlamaLayer<T> = {
  readonly input_layernorm: Scale<T>;
  readonly self_attn: {
    readonly q_proj: nn.Linear<T>;
    readonly k_proj: nn.Linear<T>;
    readonly v_proj: nn.Linear<T>;
    readonly o_proj: nn.Linear<T>;
    /** Norms over each head's queries and keys, before they are rotated, as in Qwen 3. */
    readonly q_norm?: Scale<T>;
    readonly k_norm?: Scale<T>;
  };
  readonly post_attention_layernorm: Scale<T>;
  readonly mlp: {
    readonly gate_proj: nn.Linear<T>;
    readonly up_proj: nn.Linear<T>;
    readonly down_proj: nn.Linear<T>;
  };
};

export function headWidthOf({ headWidth, width, heads }: LlamaConfig): number {
  return headWidth ?? width / heads;
}

/** Parameters under the names of Hugging Face's `LlamaForCausalLM`; without `lm_head` the embeddings are tied. */
export type Llama<T> = {
  readonly model: {
    readonly embed_tokens: nn.Embedding<T>;
    readonly layers: readonly LlamaLayer<T>[];
    readonly norm: Scale<T>;
  };
  readonly lm_head?: nn.Linear<T>;
};

/** Parameters under the names of Hugging Face's `LlamaForSequenceClassification` with one label: a scalar head instead of the vocabulary's. */
export type LlamaScorer<T> = Pick<Llama<T>, 'model'> & {
  readonly score: nn.Linear<T>;
};

/**
 * @param deviation of embeddings and weights; 0.02 as in wide models, while narrow ones learn much faster from 1 / sqrt(width)
 */
export function initLlama(key: random.Key, config: LlamaConfig, deviation = 0.02): Llama<Tensor> {
  const { width, intermediate, heads, keyValueHeads } = config;
  const head = headWidthOf(config);
  // Projections that add to the residual stream start smaller with depth (Radford et al. 2019, section 2.3).
  const inner = nn.normal(deviation);
  const outer = nn.normal(deviation / Math.sqrt(2 * config.layers));
  const layer = (k: random.Key): LlamaLayer<Tensor> => {
    const dense = (name: string, inputs: number, outputs: number, weight: nn.Initializer) =>
      nn.initLinear(random.foldIn(k, name), inputs, outputs, { bias: false, weight });
    return {
      input_layernorm: { weight: nn.ones([width]) },
      self_attn: {
        q_proj: dense('q', width, heads * head, inner),
        k_proj: dense('k', width, keyValueHeads * head, inner),
        v_proj: dense('v', width, keyValueHeads * head, inner),
        o_proj: dense('o', heads * head, width, outer),
      },
      post_attention_layernorm: { weight: nn.ones([width]) },
      mlp: {
        gate_proj: dense('gate', width, intermediate, inner),
        up_proj: dense('up', width, intermediate, inner),
        down_proj: dense('down', intermediate, width, outer),
      },
    };
  };
  return {
    model: {
      embed_tokens: nn.initEmbedding(random.foldIn(key, 'tokens'), config.vocabulary, width, deviation),
      layers: Array.from({ length: config.layers }, (_, i) => layer(random.foldIn(key, i))),
      norm: { weight: nn.ones([width]) },
    },
  };
}

/**
 * A LLaMA-style causal language model (Touvron et al. 2023): RMS norm, rotary positions, grouped queries, SwiGLU.
 *
 * @param tokens [batch, length] of ids
 * @param segments [batch, length] where rows hold several texts: tokens see those of their own number alone
 * @returns logits of the next token [batch, length, vocabulary]
 */
export function llama(p: Llama<Value>, config: LlamaConfig, tokens: Value, segments?: Value): Value {
  return llamaHead(p, llamaStates(p, config, tokens, segments));
}

/**
 * What the head of `llama` reads: the state after each token, normalised.
 *
 * @returns [batch, length, width]
 */
export function llamaStates(
  p: Pick<Llama<Value>, 'model'>,
  config: LlamaConfig,
  tokens: Value,
  segments?: Value,
): Value {
  const table = nn.rotaryTable(tokens.dim(1), headWidthOf(config), rotaryBase(config));
  const options = { causal: true, ...(segments && { bias: nn.segmentBias(segments) }) };
  const sparing = keptOrAgain(config.layers * config.heads * tokens.dim(0) * tokens.dim(1) ** 2);
  return llamaLayers(p, config, tokens, (q, k, v) => {
    const keys = nn.rotate(k, table);
    return sparing((own) => nn.attention(nn.rotate(own, table), keys, v, options), q);
  });
}

/** What has more numbers than this in all layers together (512 MB) is not kept for the way back. */
const keptAtMost = 2 ** 27;

/** How a part of a layer is computed that is cheap beside the layer, and keeps so many numbers in all layers. */
const keptOrAgain = (count: number): typeof checkpoint =>
  count > keptAtMost ? checkpoint : (fn, x) => fn(x);

/**
 * A scalar after each token, as reward models have it (Ouyang et al. 2022): that after the last token of a text is the text's.
 *
 * @returns [batch, length]
 */
export function llamaScores(
  p: LlamaScorer<Value>,
  config: LlamaConfig,
  tokens: Value,
  segments?: Value,
): Value {
  const scores = nn.linear(p.score, llamaStates(p, config, tokens, segments));
  return reshape(scores, tokens.shape);
}

/** A cache's part for one layer: keys, already rotated, and values, each [batch, key-value heads, past, head width]. */
export type KeyValues<T> = {
  readonly key: T;
  readonly value: T;
};

/** Inputs of a model that goes on from a cache. */
export interface CachedInputs<T> {
  /** New ids, [batch, sequence]. */
  readonly tokens: T;
  /** Where the new tokens stand in their texts, [batch, sequence]. */
  readonly positions: T;
  /** 1 for tokens and 0 for padding, of the past and the new, [batch, past + sequence]. */
  readonly mask: T;
  /** One for each layer. */
  readonly past: readonly KeyValues<T>[];
}

/**
 * `llama` for new tokens after a cache of the past, as other runtimes keep it: equal to `llama` on the whole sequence, up to rounding.
 *
 * @returns logits [batch, sequence, vocabulary], and the cache with the new positions at its end
 */
export function llamaWithPast(
  p: Llama<Value>,
  config: LlamaConfig,
  { tokens, positions, mask, past }: CachedInputs<Value>,
): { readonly logits: Value; readonly present: readonly KeyValues<Value>[] } {
  const [batch, sequence] = tokens.shape as [number, number];
  const head = headWidthOf(config);
  const { cos, sin } = nn.rotaryTable(reshape(positions, [-1]), head, rotaryBase(config));
  const perRow = (angles: Value) => reshape(angles, [batch, 1, sequence, head]);
  const table = { cos: perRow(cos), sin: perRow(sin) };
  const options = { causal: true, bias: nn.paddingBias(mask) };
  const present: KeyValues<Value>[] = [];
  const states = llamaLayers(p, config, tokens, (q, k, v, layer) => {
    const key = concat([past[layer]!.key, nn.rotate(k, table)], 2);
    const value = concat([past[layer]!.value, v], 2);
    present.push({ key, value });
    return nn.attention(nn.rotate(q, table), key, value, options);
  });
  return { logits: llamaHead(p, states), present };
}

/** @param attend the context [batch, heads, length, head width] of a layer's queries, keys and values before rotation */
function llamaLayers(
  p: Pick<Llama<Value>, 'model'>,
  config: LlamaConfig,
  tokens: Value,
  attend: (q: Value, k: Value, v: Value, layer: number) => Value,
): Value {
  const norm = (s: Scale<Value>, x: Value) => rmsNorm(x, s.weight, config.rmsNormEpsilon);
  let x = nn.embed(p.model.embed_tokens, tokens);
  const sparing = keptOrAgain(2 * config.layers * config.intermediate * tokens.dim(0) * tokens.dim(1));
  p.model.layers.forEach((layer, i) => {
    const { q_proj, k_proj, v_proj, o_proj, q_norm, k_norm } = layer.self_attn;
    const h = norm(layer.input_layernorm, x);
    const perHead = (s: Scale<Value> | undefined, heads: Value) => (s ? norm(s, heads) : heads);
    const q = perHead(q_norm, toHeads(nn.linear(q_proj, h), config.heads));
    const k = perHead(k_norm, toHeads(nn.linear(k_proj, h), config.keyValueHeads));
    const v = toHeads(nn.linear(v_proj, h), config.keyValueHeads);
    x = add(x, nn.linear(o_proj, fromHeads(attend(q, k, v, i))));
    const { gate_proj, up_proj, down_proj } = layer.mlp;
    const m = norm(layer.post_attention_layernorm, x);
    const up = nn.linear(up_proj, m);
    x = add(
      x,
      sparing((gate) => nn.linear(down_proj, mul(silu(gate), up)), nn.linear(gate_proj, m)),
    );
  });
  return norm(p.model.norm, x);
}

function llamaHead(p: Llama<Value>, states: Value): Value {
  return p.lm_head
    ? nn.linear(p.lm_head, states)
    : matmul(states, p.model.embed_tokens.weight, { transB: true });
}

function rotaryBase(config: LlamaConfig): number | readonly number[] {
  const { ropeTheta, ropeScaling } = config;
  return ropeScaling ? rotaryFrequencies(headWidthOf(config), ropeTheta, ropeScaling) : ropeTheta;
}
