import { add, gelu, layerNorm, matmul, nn, random, slice, type Tensor, type Value } from '@tutelage/engine';
import { fromHeads, threeHeads } from './transformer.js';

export interface GptConfig {
  readonly vocabulary: number;
  /** Longest sequence. */
  readonly block: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly dropout?: number;
}

type Scale<T> = {
  readonly weight: T;
};

type GptLayer<T> = {
  readonly ln_1: Scale<T>;
  readonly attn: { readonly c_attn: nn.Linear<T>; readonly c_proj: nn.Linear<T> };
  readonly ln_2: Scale<T>;
  readonly mlp: { readonly c_fc: nn.Linear<T>; readonly c_proj: nn.Linear<T> };
};

/** Parameters under GPT-2's names, without biases; the head is the token embedding again. */
export type Gpt<T> = {
  readonly wte: nn.Embedding<T>;
  readonly wpe: nn.Embedding<T>;
  readonly h: readonly GptLayer<T>[];
  readonly ln_f: Scale<T>;
};

export function initGpt(key: random.Key, { vocabulary, block, width, layers }: GptConfig): Gpt<Tensor> {
  const inner = nn.normal(0.02);
  const outer = nn.normal(0.02 / Math.sqrt(2 * layers));
  const scale = () => ({ weight: nn.ones([width]) });
  const layer = (k: random.Key): GptLayer<Tensor> => {
    const dense = (name: string, inputs: number, outputs: number, weight: nn.Initializer) =>
      nn.initLinear(random.foldIn(k, name), inputs, outputs, { bias: false, weight });
    return {
      ln_1: scale(),
      attn: {
        c_attn: dense('c_attn', width, 3 * width, inner),
        c_proj: dense('attn.c_proj', width, width, outer),
      },
      ln_2: scale(),
      mlp: {
        c_fc: dense('c_fc', width, 4 * width, inner),
        c_proj: dense('mlp.c_proj', 4 * width, width, outer),
      },
    };
  };
  return {
    wte: nn.initEmbedding(random.foldIn(key, 'wte'), vocabulary, width),
    wpe: nn.initEmbedding(random.foldIn(key, 'wpe'), block, width),
    h: Array.from({ length: layers }, (_, i) => layer(random.foldIn(key, i))),
    ln_f: scale(),
  };
}

/**
 * A small causal language model in GPT-2's architecture (Radford et al. 2019), without biases, as nanoGPT trains it.
 *
 * @param tokens [batch, length] of ids, length at most `block`
 * @param key for dropout; none in evaluation
 * @returns logits of the next token [batch, length, vocabulary]
 */
export function gpt(
  p: Gpt<Value>,
  config: Pick<GptConfig, 'heads' | 'dropout'>,
  tokens: Value,
  key?: Value,
): Value {
  const { dropout = 0 } = config;
  let drawn = 0;
  const drop = (x: Value) => random.dropout(x, dropout, key && random.foldInTraced(key, drawn++));
  const norm = (s: Scale<Value>, x: Value) => layerNorm(x, s.weight, undefined, 1e-5);
  let x = drop(add(nn.embed(p.wte, tokens), slice(p.wpe.weight, { axis: 0, end: tokens.dim(1) })));
  for (const layer of p.h) {
    const [q, k, v] = threeHeads(nn.linear(layer.attn.c_attn, norm(layer.ln_1, x)), config.heads);
    const context = fromHeads(nn.attention(q, k, v, { causal: true }));
    x = add(x, drop(nn.linear(layer.attn.c_proj, context)));
    x = add(x, drop(nn.linear(layer.mlp.c_proj, gelu(nn.linear(layer.mlp.c_fc, norm(layer.ln_2, x))))));
  }
  return matmul(norm(p.ln_f, x), p.wte.weight, { transB: true });
}
