import {
  add,
  div,
  gelu,
  layerNorm,
  mul,
  nn,
  random,
  reshape,
  slice,
  sum,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import { selfAttention } from './transformer.js';

export interface EncoderConfig {
  readonly vocabulary: number;
  /** Longest text in tokens. */
  readonly positions: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly dropout?: number;
}

type Output<T> = {
  readonly dense: nn.Linear<T>;
  readonly LayerNorm: nn.Norm<T>;
};

type EncoderLayer<T> = {
  readonly attention: {
    readonly self: { readonly query: nn.Linear<T>; readonly key: nn.Linear<T>; readonly value: nn.Linear<T> };
    readonly output: Output<T>;
  };
  readonly intermediate: { readonly dense: nn.Linear<T> };
  readonly output: Output<T>;
};

/** Parameters under the names of Hugging Face's `BertModel`, without token types and pooler. */
export type Encoder<T> = {
  readonly embeddings: {
    readonly word_embeddings: nn.Embedding<T>;
    readonly position_embeddings: nn.Embedding<T>;
    readonly LayerNorm: nn.Norm<T>;
  };
  readonly encoder: { readonly layer: readonly EncoderLayer<T>[] };
};

const epsilon = 1e-12;
/** BERT's initialisation: normal, deviation 0.02. */
const weight = nn.normal(0.02);

export function initEncoder(key: random.Key, config: EncoderConfig): Encoder<Tensor> {
  const { width, intermediate } = config;
  const dense = (k: random.Key, name: string, inputs: number, outputs: number) =>
    nn.initLinear(random.foldIn(k, name), inputs, outputs, { weight });
  const layer = (k: random.Key): EncoderLayer<Tensor> => ({
    attention: {
      self: {
        query: dense(k, 'query', width, width),
        key: dense(k, 'key', width, width),
        value: dense(k, 'value', width, width),
      },
      output: { dense: dense(k, 'attention.output', width, width), LayerNorm: nn.initNorm(width) },
    },
    intermediate: { dense: dense(k, 'intermediate', width, intermediate) },
    output: { dense: dense(k, 'output', intermediate, width), LayerNorm: nn.initNorm(width) },
  });
  return {
    embeddings: {
      word_embeddings: nn.initEmbedding(random.foldIn(key, 'words'), config.vocabulary, width),
      position_embeddings: nn.initEmbedding(random.foldIn(key, 'positions'), config.positions, width),
      LayerNorm: nn.initNorm(width),
    },
    encoder: { layer: Array.from({ length: config.layers }, (_, i) => layer(random.foldIn(key, i))) },
  };
}

/**
 * A bidirectional text encoder (Devlin et al. 2018): post-norm blocks, GELU, learned positions.
 *
 * @param tokens [batch, length] of ids
 * @param mask [batch, length] of 1 for tokens and 0 for padding, float32
 * @param key for dropout; none in evaluation
 * @returns hidden states [batch, length, width]
 */
export function encode(
  p: Encoder<Value>,
  config: Pick<EncoderConfig, 'heads' | 'dropout'>,
  tokens: Value,
  mask: Value,
  key?: Value,
): Value {
  const { dropout = 0 } = config;
  let drawn = 0;
  const drop = (x: Value) => random.dropout(x, dropout, key && random.foldInTraced(key, drawn++));
  const norm = (n: nn.Norm<Value>, x: Value) => layerNorm(x, n.weight, n.bias, epsilon);
  const positions = slice(p.embeddings.position_embeddings.weight, { axis: 0, end: tokens.dim(1) });
  const embedded = add(nn.embed(p.embeddings.word_embeddings, tokens), positions);
  let x = drop(norm(p.embeddings.LayerNorm, embedded));
  const bias = nn.paddingBias(mask);
  for (const layer of p.encoder.layer) {
    const context = selfAttention(layer.attention.self, x, config.heads, { bias });
    x = norm(
      layer.attention.output.LayerNorm,
      add(drop(nn.linear(layer.attention.output.dense, context)), x),
    );
    const hidden = gelu(nn.linear(layer.intermediate.dense, x));
    x = norm(layer.output.LayerNorm, add(drop(nn.linear(layer.output.dense, hidden)), x));
  }
  return x;
}

/** Mean over the tokens that the mask keeps: [batch, length, width] to [batch, width]. */
export function meanPool(hidden: Value, mask: Value): Value {
  const weights = reshape(mask, [mask.dim(0), mask.dim(1), 1]);
  return div(sum(mul(hidden, weights), { axes: 1 }), sum(weights, { axes: 1 }));
}
