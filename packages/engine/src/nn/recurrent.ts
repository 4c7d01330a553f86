import type { Tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { constant } from '../ops/apply.js';
import { add, mul, sigmoid, tanh } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { gruScan } from '../ops/recurrent.js';
import { broadcastTo, reshape, stack, transpose } from '../ops/shape.js';
import { split } from '../ops/split.js';
import { foldIn, type Key } from '../random/keys.js';
import { uniform } from './parameters.js';

/** Weights of one recurrent layer, PyTorch's names and layout: the gates' blocks below each other. */
export type Recurrent<T> = {
  /** [gates * hidden, inputs] */
  readonly weight_ih_l0: T;
  /** [gates * hidden, hidden] */
  readonly weight_hh_l0: T;
  /** [gates * hidden] */
  readonly bias_ih_l0: T;
  /** [gates * hidden] */
  readonly bias_hh_l0: T;
};

function initRecurrent(key: Key, gates: number, inputs: number, hidden: number): Recurrent<Tensor> {
  const make = (name: string, shape: readonly number[]) =>
    uniform(1 / Math.sqrt(hidden))(foldIn(key, name), shape);
  return {
    weight_ih_l0: make('weight_ih', [gates * hidden, inputs]),
    weight_hh_l0: make('weight_hh', [gates * hidden, hidden]),
    bias_ih_l0: make('bias_ih', [gates * hidden]),
    bias_hh_l0: make('bias_hh', [gates * hidden]),
  };
}

export function initGru(key: Key, inputs: number, hidden: number): Recurrent<Tensor> {
  return initRecurrent(key, 3, inputs, hidden);
}

export function initLstm(key: Key, inputs: number, hidden: number): Recurrent<Tensor> {
  return initRecurrent(key, 4, inputs, hidden);
}

/** The inputs' part of all gates for all steps in one product, then one value a step: [batch, gates * hidden] each. */
function projected(p: Recurrent<Value>, x: Value): readonly Value[] {
  const [batch, steps] = x.shape as [number, number, number];
  const stepsFirst = transpose(x, [1, 0, 2]);
  const all = add(matmul(stepsFirst, p.weight_ih_l0, { transB: true }), p.bias_ih_l0);
  return split(all, steps, 0).map((v) => reshape(v, [batch, -1]));
}

function zeroState(p: Recurrent<Value>, x: Value): Value {
  return broadcastTo(constant(0, x.dtype), [x.dim(0), p.weight_hh_l0.dim(1)]);
}

/**
 * Gated recurrent unit (Cho et al. 2014, in PyTorch's form, where the reset gate acts on the projected state).
 *
 * @param x [batch, steps, inputs]
 * @param initial [batch, hidden]; zeros when left out
 * @returns the state after every step, [batch, steps, hidden]
 */
export function gru(p: Recurrent<Value>, x: Value, initial?: Value): Value {
  const weights = {
    inputWeight: p.weight_ih_l0,
    inputBias: p.bias_ih_l0,
    stateWeight: p.weight_hh_l0,
    stateBias: p.bias_hh_l0,
  };
  const states = gruScan(transpose(x, [1, 0, 2]), weights, initial ?? zeroState(p, x));
  return transpose(states, [1, 0, 2]);
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, in PyTorch's form; gates in the order input, forget, cell, output).
 *
 * @param x [batch, steps, inputs]
 * @returns the hidden state after every step, [batch, steps, hidden], and the last cell state, [batch, hidden]
 */
export function lstm(
  p: Recurrent<Value>,
  x: Value,
  initial: { readonly hidden?: Value; readonly cell?: Value } = {},
): { readonly hidden: Value; readonly cell: Value } {
  let h = initial.hidden ?? zeroState(p, x);
  let c = initial.cell ?? zeroState(p, x);
  const states = projected(p, x).map((inputs) => {
    const gates = add(add(inputs, matmul(h, p.weight_hh_l0, { transB: true })), p.bias_hh_l0);
    const [i, f, g, o] = split(gates, 4, 1) as [Value, Value, Value, Value];
    c = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
    h = mul(sigmoid(o), tanh(c));
    return h;
  });
  return { hidden: stack(states, 1), cell: c };
}
