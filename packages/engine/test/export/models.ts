import {
  add,
  cast,
  concat,
  conv,
  div,
  iota,
  matmul,
  mean,
  mul,
  nn,
  random,
  relu,
  reshape,
  sigmoid,
  slice,
  sqrt,
  sub,
  sum,
  type Tensor,
  transpose,
  type Value,
  variance,
} from '../../src/index.js';

const init = nn.normal(0.2);
const keyOf = (name: string) => random.foldIn(random.key(7), name);
const dense = (name: string, inputs: number, outputs: number) =>
  nn.initLinear(keyOf(name), inputs, outputs, { weight: init });

/** Two layers with SiLU between. */
export type Mlp<T> = {
  readonly fc1: nn.Linear<T>;
  readonly fc2: nn.Linear<T>;
};

export function initMlp(inputs: number, hidden: number, outputs: number): Mlp<Tensor> {
  return { fc1: dense('fc1', inputs, hidden), fc2: dense('fc2', hidden, outputs) };
}

export function mlp(p: Mlp<Value>, x: Value): Value {
  const h = nn.linear(p.fc1, x);
  return nn.linear(p.fc2, mul(h, sigmoid(h)));
}

/** Two convolutions, the second with stride, global averages and a classifier. */
export type Convnet<T> = {
  readonly conv1: { readonly weight: T; readonly bias: T };
  readonly conv2: { readonly weight: T };
  readonly head: nn.Linear<T>;
};

export function initConvnet(channels: number, classes: number): Convnet<Tensor> {
  return {
    conv1: { weight: init(keyOf('conv1'), [channels, 3, 3, 3]), bias: init(keyOf('bias'), [channels]) },
    conv2: { weight: init(keyOf('conv2'), [2 * channels, channels, 3, 3]) },
    head: dense('head', 2 * channels * 4, classes),
  };
}

/** [batch, 3, 8, 8] to [batch, classes]. */
export function convnet(p: Convnet<Value>, x: Value): Value {
  const h = relu(conv(x, p.conv1.weight, { bias: p.conv1.bias, padding: 1, stride: 2 }));
  const y = relu(conv(h, p.conv2.weight, { padding: 1, stride: 2 }));
  return nn.linear(p.head, reshape(y, [x.dim(0), -1]));
}

type Block<T> = {
  readonly query: nn.Linear<T>;
  readonly key: nn.Linear<T>;
  readonly value: nn.Linear<T>;
  readonly out: nn.Linear<T>;
  readonly norm1: nn.Norm<T>;
  readonly up: nn.Linear<T>;
  readonly down: nn.Linear<T>;
  readonly norm2: nn.Norm<T>;
};

/** A transformer over token ids, with learned positions. */
export type Transformer<T> = {
  readonly tokens: nn.Embedding<T>;
  readonly positions: nn.Embedding<T>;
  readonly layer: readonly Block<T>[];
};

export interface TransformerSize {
  readonly vocabulary: number;
  readonly positions: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

export function initTransformer(size: TransformerSize): Transformer<Tensor> {
  const { vocabulary, positions, width, layers } = size;
  return {
    tokens: nn.initEmbedding(keyOf('tokens'), vocabulary, width, 0.5),
    positions: nn.initEmbedding(keyOf('positions'), positions, width, 0.1),
    layer: Array.from({ length: layers }, (_, i) => ({
      query: dense(`query${i}`, width, width),
      key: dense(`key${i}`, width, width),
      value: dense(`value${i}`, width, width),
      out: dense(`out${i}`, width, width),
      norm1: nn.initNorm(width),
      up: dense(`up${i}`, width, 4 * width),
      down: dense(`down${i}`, 4 * width, width),
      norm2: nn.initNorm(width),
    })),
  };
}

function norm(n: nn.Norm<Value>, x: Value): Value {
  const centred = sub(x, mean(x, { axes: -1, keepDims: true }));
  const scale = sqrt(add(variance(x, { axes: -1, keepDims: true }), 1e-5));
  return add(mul(div(centred, scale), n.weight), n.bias);
}

function toHeads(x: Value, heads: number): Value {
  const [batch, length, width] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

function fromHeads(x: Value): Value {
  const [batch, heads, length, width] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

function block(
  b: Block<Value>,
  x: Value,
  attend: (q: Value, k: Value, v: Value) => Value,
  heads: number,
): Value {
  const of = (layer: nn.Linear<Value>) => toHeads(nn.linear(layer, x), heads);
  const h = norm(b.norm1, add(x, nn.linear(b.out, fromHeads(attend(of(b.query), of(b.key), of(b.value))))));
  return norm(b.norm2, add(h, nn.linear(b.down, relu(nn.linear(b.up, h)))));
}

/** Mean-pooled embeddings [batch, width] of token ids and a mask of 1 and 0, both [batch, sequence]. */
export function encode(p: Transformer<Value>, heads: number, tokens: Value, mask: Value): Value {
  const real = cast(mask, 'float32');
  const bias = nn.paddingBias(real);
  const positions = slice(p.positions.weight, { axis: 0, end: tokens.dim(1) });
  let x = add(nn.embed(p.tokens, tokens), positions);
  for (const b of p.layer) x = block(b, x, (q, k, v) => nn.attention(q, k, v, { bias }), heads);
  const weights = reshape(real, [mask.dim(0), mask.dim(1), 1]);
  return div(sum(mul(x, weights), { axes: 1 }), sum(weights, { axes: 1 }));
}

/** Logits of the next token [batch, sequence, vocabulary], the embedding serving as the head. */
export function languageModel(p: Transformer<Value>, heads: number, tokens: Value): Value {
  let x = add(nn.embed(p.tokens, tokens), slice(p.positions.weight, { axis: 0, end: tokens.dim(1) }));
  for (const b of p.layer) x = block(b, x, (q, k, v) => nn.attention(q, k, v, { causal: true }), heads);
  return matmul(x, p.tokens.weight, { transB: true });
}

/**
 * A language model that continues from the keys and values of earlier positions, [batch, heads, past, head width] a layer. The
 * mask [batch, past + sequence] is 0 for positions that are padding.
 */
export function continueFrom(
  p: Transformer<Value>,
  heads: number,
  tokens: Value,
  past: readonly { readonly key: Value; readonly value: Value }[],
  mask: Value,
): { logits: Value; present: { key: Value; value: Value }[] } {
  const before = past[0]!.key.dim(2);
  const at = add(iota(tokens.dim(1)), before);
  let x = add(nn.embed(p.tokens, tokens), nn.embed(p.positions, at));
  const present: { key: Value; value: Value }[] = [];
  p.layer.forEach((b, i) => {
    const attend = (q: Value, k: Value, v: Value) => {
      const key = concat([past[i]!.key, k], 2);
      const value = concat([past[i]!.value, v], 2);
      present.push({ key, value });
      return nn.attention(q, key, value, { causal: true, bias: nn.paddingBias(mask) });
    };
    x = block(b, x, attend, heads);
  });
  return { logits: matmul(x, p.tokens.weight, { transB: true }), present };
}
