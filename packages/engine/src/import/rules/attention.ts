import { ShapeError } from '../../graph/errors.js';
import { showShape } from '../../graph/shape.js';
import type { Value } from '../../graph/value.js';
import { attention } from '../../nn/attention.js';
import * as ops from '../../ops/index.js';
import type { Call, ImportRules } from '../call.js';

const {
  add,
  cast,
  concat,
  expandDims,
  gather,
  greaterEqual,
  iota,
  mul,
  reshape,
  split,
  sub,
  transpose,
  where,
} = ops;

/** Where a query may not look. */
const hidden = -1e30;

/** [batch, tokens, heads * width] as [batch, heads, tokens, width]. */
function toHeads(x: Value, heads: number): Value {
  const [batch, tokens, width] = x.shape as [number, number, number];
  if (x.rank !== 3 || width % heads !== 0) {
    throw new ShapeError(`[batch, tokens, ${heads} heads * width] is needed: ${showShape(x.shape)}`);
  }
  return transpose(reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

function fromHeads(x: Value): Value {
  const [batch, heads, tokens, width] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * width]);
}

/** What a mask adds to the scores: itself, or, for a mask of truth values, 0 where it holds. */
function biasOf(mask: Value): Value {
  return mask.dtype === 'bool' ? where(mask, 0, hidden) : mask;
}

/** 0 for keys that are no later than the query, the first query standing behind `past` keys. */
function causal(queries: number, keys: number, past: number): Value {
  return where(greaterEqual(expandDims(add(iota(queries), past), 1), iota(keys)), 0, hidden);
}

const total = (terms: readonly (Value | undefined)[]): Value | undefined =>
  terms.filter((v) => v !== undefined).reduce<Value | undefined>((a, b) => (a ? add(a, b) : b), undefined);

function refuse(call: Call, inputs: Readonly<Record<number, string>>): void {
  for (const [index, name] of Object.entries(inputs)) {
    if (call.optional(Number(index))) call.fail(`input that is not supported: '${name}'`);
  }
}

/** Bias of a padding mask, [batch, keys] of 1 and 0 or [batch] lengths, as ONNX Runtime's operators take it. */
function paddingOf(mask: Value, keys: number, fill: number): Value {
  if (mask.rank === 1) {
    const within = ops.less(iota(keys, mask.dtype), expandDims(mask, 1));
    return reshape(where(within, 0, fill), [mask.dim(0), 1, 1, keys]);
  }
  if (mask.rank !== 2)
    throw new ShapeError(`mask must be [batch, keys] or [batch]: ${showShape(mask.shape)}`);
  return reshape(where(greaterEqual(mask, 1), 0, fill), [mask.dim(0), 1, 1, keys]);
}

/** The first `width` elements of each head turned by angles given as cosines and sines (Su et al. 2021). */
function rotated(x: Value, cosines: Value, sines: Value, interleaved: boolean): Value {
  const half = cosines.dim(-1);
  const [turning, rest] = 2 * half === x.dim(-1) ? [x] : split(x, [2 * half, x.dim(-1) - 2 * half], -1);
  const parts = interleaved
    ? split(reshape(turning!, [...x.shape.slice(0, -1), half, 2]), 2, -1).map((v) =>
        reshape(v, v.shape.slice(0, -1)),
      )
    : split(turning!, 2, -1);
  const [a, b] = parts as [Value, Value];
  const real = sub(mul(a, cosines), mul(b, sines));
  const imaginary = add(mul(a, sines), mul(b, cosines));
  const turned = interleaved
    ? reshape(concat([expandDims(real, -1), expandDims(imaginary, -1)], -1), turning!.shape)
    : concat([real, imaginary], -1);
  return rest ? concat([turned, rest], -1) : turned;
}

/** Rotary embedding of [batch, heads, tokens, width] or [batch, tokens, heads * width]. */
function rotaryEmbedding(call: Call, x: Value, ids: Value | undefined, cosines: Value, sines: Value): Value {
  const heads = call.int('num_heads', 0);
  const flat = x.rank === 3;
  const width = call.int('rotary_embedding_dim', 0) || 2 * cosines.dim(-1);
  const apart = flat ? toHeads(x, heads || x.dim(-1) / width) : x;
  const angles = (table: Value) => {
    const rows = ids ? gather(table, ids) : table;
    return expandDims(rows, 1);
  };
  const y = rotated(apart, angles(cosines), angles(sines), call.flag('interleaved'));
  return flat ? fromHeads(y) : y;
}

export const attentionRules: ImportRules = {
  Attention: (call) => {
    if (call.float('softcap', 0) !== 0) call.fail("attribute that is not supported: 'softcap'");
    refuse(call, { 6: 'nonpad_kv_seqlen' });
    const flat = call.input(0).rank === 3;
    const heads = (index: number, name: string) =>
      flat ? toHeads(call.input(index), call.int(name)) : call.input(index);
    const q = heads(0, 'q_num_heads');
    const [pastKeys, pastValues] = [call.optional(4), call.optional(5)];
    const [newKeys, newValues] = [heads(1, 'kv_num_heads'), heads(2, 'kv_num_heads')];
    const k = pastKeys ? concat([pastKeys, newKeys], 2) : newKeys;
    const v = pastValues ? concat([pastValues, newValues], 2) : newValues;
    const mask = call.optional(3);
    const order = call.flag('is_causal') ? causal(q.dim(2), k.dim(2), pastKeys?.dim(2) ?? 0) : undefined;
    const bias = total([mask && biasOf(mask), order && cast(order, q.dtype)]);
    const scale = call.attribute('scale', 'float');
    const y = attention(q, k, v, { ...(bias && { bias }), ...(scale !== undefined && { scale }) });
    return [flat ? fromHeads(y) : y, k, v];
  },
  RotaryEmbedding: (call) =>
    rotaryEmbedding(call, call.input(0), call.optional(3), call.input(1), call.input(2)),

  'com.microsoft.Attention': (call) => {
    refuse(call, { 4: 'past', 6: 'past_sequence_length' });
    const x = call.input(0);
    const bias = call.optional(2);
    const product = ops.matmul(x, call.input(1));
    const projected = bias ? add(product, bias) : product;
    const heads = call.int('num_heads');
    const widths = call.ints('qkv_hidden_sizes');
    const [q, k, v] = split(projected, widths ?? 3, -1).map((part) => toHeads(part, heads)) as [
      Value,
      Value,
      Value,
    ];
    const keys = k.dim(2);
    const mask = call.optional(3);
    const added = total([
      mask && paddingOf(mask, keys, call.float('mask_filter_value', -10000)),
      call.optional(5),
      call.flag('unidirectional') ? causal(q.dim(2), keys, 0) : undefined,
    ]);
    const scale = call.float('scale', 0);
    return fromHeads(attention(q, k, v, { ...(added && { bias: added }), ...(scale !== 0 && { scale }) }));
  },
  'com.microsoft.MultiHeadAttention': (call) => {
    refuse(call, { 6: 'past_key', 7: 'past_value' });
    const heads = call.int('num_heads');
    const inputs = [call.input(0), call.input(1), call.input(2)];
    const bias = call.optional(3);
    const biases = bias
      ? split(
          bias,
          inputs.map((v) => v.dim(-1)),
          0,
        )
      : [];
    const [q, k, v] = inputs.map((part, i) => toHeads(biases[i] ? add(part, biases[i]) : part, heads)) as [
      Value,
      Value,
      Value,
    ];
    const keys = k.dim(2);
    const mask = call.optional(4);
    const added = total([
      mask && paddingOf(mask, keys, call.float('mask_filter_value', -10000)),
      call.optional(5),
      call.flag('unidirectional') ? causal(q.dim(2), keys, 0) : undefined,
    ]);
    const scale = call.float('scale', 0);
    return fromHeads(attention(q, k, v, { ...(added && { bias: added }), ...(scale !== 0 && { scale }) }));
  },
  'com.microsoft.RotaryEmbedding': (call) => {
    const [x, ids] = [call.input(0), call.input(1)];
    const tokens = x.dim(-2);
    // A single id is the position of the first token.
    const places = ids.rank === 1 ? reshape(add(iota(tokens, ids.dtype), ids), [1, tokens]) : ids;
    return rotaryEmbedding(call, x, places, call.input(2), call.input(3));
  },
};
