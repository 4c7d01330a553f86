import { nn, reshape, split, transpose, type Value } from '@tutelage/engine';

/** [batch, length, heads * width] to [batch, heads, length, width]. */
export function toHeads(x: Value, heads: number): Value {
  const [batch, length, width] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** [batch, heads, length, width] to [batch, length, heads * width]. */
export function fromHeads(x: Value): Value {
  const [batch, heads, length, width] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

/** Queries, keys and values of all heads from one product's result [batch, length, 3 * width]. */
export function threeHeads(x: Value, heads: number): readonly [Value, Value, Value] {
  const [batch, length, width] = x.shape as [number, number, number];
  const head = width / 3 / heads;
  const parts = split(transpose(reshape(x, [batch, length, 3, heads, head]), [2, 0, 3, 1, 4]), 3, 0);
  return parts.map((v) => reshape(v, [batch, heads, length, head])) as unknown as readonly [
    Value,
    Value,
    Value,
  ];
}

/** Multi-head attention of a sequence to itself from separate projections. */
export function selfAttention(
  p: { readonly query: nn.Linear<Value>; readonly key: nn.Linear<Value>; readonly value: nn.Linear<Value> },
  x: Value,
  heads: number,
  options: nn.AttentionOptions = {},
): Value {
  const of = (layer: nn.Linear<Value>) => toHeads(nn.linear(layer, x), heads);
  return fromHeads(nn.attention(of(p.query), of(p.key), of(p.value), options));
}
