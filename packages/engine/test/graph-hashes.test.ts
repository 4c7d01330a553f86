import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lower } from '../src/compile/lower.js';
import { trace } from '../src/compile/trace.js';
import {
  add,
  batchNorm,
  conv,
  gelu,
  grad,
  layerNorm,
  mean,
  mul,
  nn,
  random,
  relu,
  reshape,
  softmaxCrossEntropy,
  split,
  sum,
  type Tree,
  type Type,
  tanh,
  transpose,
  type Value,
  valueAndGrad,
} from '../src/index.js';
import { encodeModel } from '../src/onnx/proto.js';

const file = new URL('./fixtures/graph-hashes.json', import.meta.url);
const float = (...shape: number[]): Type => ({ dtype: 'float32', shape });
const int = (...shape: number[]): Type => ({ dtype: 'int32', shape });
const layer = (inputs: number, outputs: number) => ({ weight: float(outputs, inputs), bias: float(outputs) });
type Layer = nn.Linear<Value> & { readonly bias: Value };
const crossEntropy = (logits: Value, labels: Value) => mean(softmaxCrossEntropy(logits, labels).loss);

type Mlp = { readonly first: Layer; readonly second: Layer };
const mlpTypes = { first: layer(8, 16), second: layer(16, 4) };
const mlp = (p: Mlp, x: Value) => nn.linear(p.second, gelu(nn.linear(p.first, x)));

type Block = { readonly norm: nn.Norm<Value>; readonly inner: Layer; readonly outer: Layer };
const block = (p: Block, x: Value): Value => {
  const [batch, length, width] = x.shape as [number, number, number];
  const [q, k, v] = split(nn.linear(p.inner, layerNorm(x, p.norm.weight, p.norm.bias)), 3, 2).map((part) =>
    transpose(reshape(part, [batch, length, 2, width / 2]), [0, 2, 1, 3]),
  ) as [Value, Value, Value];
  const seen = transpose(nn.attention(q, k, v, { causal: true }), [0, 2, 1, 3]);
  return sum(add(x, nn.linear(p.outer, reshape(seen, x.shape))));
};

type Convnet = {
  readonly kernel: Value;
  readonly scale: Value;
  readonly bias: Value;
  readonly output: Layer;
};
const convnet = (p: Convnet, x: Value, labels: Value) => {
  const { y, mean: average, variance } = batchNorm(conv(x, p.kernel, { padding: 1, stride: 2 }), p);
  return [
    crossEntropy(nn.linear(p.output, mean(relu(y), { axes: [2, 3] })), labels),
    { average, variance },
  ] as const;
};
const convnetTypes = [
  { kernel: float(16, 16, 3, 3), scale: float(16), bias: float(16), output: layer(16, 3) },
  float(8, 16, 6, 6),
  int(8),
];

/** Graphs that differ in what they are made of, with the types that they are traced for. */
const graphs: Record<
  string,
  readonly [(...args: never[]) => unknown, readonly Tree<Type>[], { blocked?: boolean }?]
> = {
  mlpStep: [
    valueAndGrad((p: Mlp, x: Value, labels: Value) => crossEntropy(mlp(p, x), labels)),
    [mlpTypes, float(5, 8), int(5)],
  ],
  attentionBlock: [
    valueAndGrad(block),
    [{ norm: { weight: float(8), bias: float(8) }, inner: layer(8, 24), outer: layer(8, 8) }, float(2, 5, 8)],
  ],
  convnetStep: [valueAndGrad(convnet), convnetTypes],
  convnetStepBlocked: [valueAndGrad(convnet), convnetTypes, { blocked: true }],
  gru: [
    grad((p: nn.Recurrent<Value>, x: Value) => sum(nn.gru(p, x))),
    [
      {
        weight_ih_l0: float(12, 3),
        weight_hh_l0: float(12, 4),
        bias_ih_l0: float(12),
        bias_hh_l0: float(12),
      },
      float(2, 5, 3),
    ],
  ],
  hessianVectorProduct: [
    (w: Value, v: Value, x: Value) =>
      grad((w: Value) => sum(mul(grad((w: Value) => sum(tanh(mul(w, x))))(w), v)))(w),
    [float(6), float(6), float(6)],
  ],
  dropout: [
    (x: Value, key: Value) =>
      grad((x: Value) => sum(random.dropout(mul(x, x), 0.5, random.foldInTraced(key, 'a'))))(x),
    [float(3, 4), int(2)],
  ],
};

const hashes = Object.fromEntries(
  Object.entries(graphs).map(([name, [fn, types, options]]) => {
    const { model } = lower(trace(fn, types).graph, options);
    return [name, createHash('sha256').update(encodeModel(model)).digest('hex')];
  }),
);

if (process.env.UPDATE_GRAPH_HASHES) writeFileSync(file, `${JSON.stringify(hashes, null, 2)}\n`);
const stored = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;

test.each(Object.keys(graphs))('the compiled graph of %s is the one that was accepted', (name) => {
  expect(
    hashes[name],
    `the ONNX model of ${name} has changed; if that is meant, accept it with ` +
      'UPDATE_GRAPH_HASHES=1 npx vitest run packages/engine/test/graph-hashes.test.ts and say why in the commit',
  ).toBe(stored[name]);
});

test('graphs and hashes that are stored belong together, and differ', () => {
  expect(Object.keys(stored)).toEqual(Object.keys(graphs));
  expect(new Set(Object.values(stored)).size).toBe(Object.keys(graphs).length);
});
