import {
  gelu,
  nn,
  random,
  reshape,
  sigmoid,
  squeeze,
  type Tensor,
  transpose,
  type Value,
} from '@tutelage/engine';

export interface MaskNetConfig {
  /** Of the vector to mask. */
  readonly size: number;
  /** `attention` has about size^3 / factor weights, `cheap` about size^2 / 2. */
  readonly kind: 'attention' | 'cheap';
  /** What the width of a token is smaller by than the vector. */
  readonly factor: number;
  readonly heads: number;
}

/** Width of a token: the vector's size over the factor, down to a multiple of the heads. */
export function tokenWidth({ size, factor, heads }: Omit<MaskNetConfig, 'kind'>): number {
  return Math.max(1, Math.floor(size / (factor * heads))) * heads;
}

type AttentionMask<T> = {
  readonly tokens: nn.Linear<T>;
  readonly query: nn.Linear<T>;
  readonly key: nn.Linear<T>;
  readonly value: nn.Linear<T>;
  readonly output: nn.Linear<T>;
  readonly score: nn.Linear<T>;
};

type CheapMask<T> = { readonly down: nn.Linear<T>; readonly up: nn.Linear<T> };

export type MaskNet<T> = AttentionMask<T> | CheapMask<T>;

export function initMaskNet(key: random.Key, config: MaskNetConfig): MaskNet<Tensor> {
  const { size, kind } = config;
  const layer = (name: string, from: number, to: number) => nn.initLinear(random.foldIn(key, name), from, to);
  if (kind === 'cheap') {
    const narrow = Math.max(1, Math.floor(size / 4));
    return { down: layer('down', size, narrow), up: layer('up', narrow, size) };
  }
  const width = tokenWidth(config);
  return {
    tokens: layer('tokens', size, size * width),
    query: layer('query', width, width),
    key: layer('key', width, width),
    value: layer('value', width, width),
    output: layer('output', width, width),
    score: layer('score', width, 1),
  };
}

/**
 * Factors between 0 and 1 for each element of a vector, that depend on the whole vector: every element becomes a token, the tokens
 * look at each other once, and each gives its factor (MST-Distill, section 3.3); or, cheap, two layers with a narrow one between.
 *
 * @param h [batch, size]
 * @returns [batch, size]
 */
export function maskNet(p: MaskNet<Value>, h: Value, heads: number): Value {
  if ('down' in p) return sigmoid(nn.linear(p.up, gelu(nn.linear(p.down, h))));
  const [batch, size] = [h.dim(0), h.dim(1)];
  const tokens = reshape(nn.linear(p.tokens, h), [batch, size, -1]);
  const split = (layer: nn.Linear<Value>) =>
    transpose(reshape(nn.linear(layer, tokens), [batch, size, heads, -1]), [0, 2, 1, 3]);
  const seen = nn.attention(split(p.query), split(p.key), split(p.value));
  const joined = reshape(transpose(seen, [0, 2, 1, 3]), [batch, size, -1]);
  return sigmoid(squeeze(nn.linear(p.score, nn.linear(p.output, joined)), -1));
}
