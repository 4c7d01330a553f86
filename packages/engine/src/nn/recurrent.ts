import type { Tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { constant } from '../ops/apply.js';
import { lstmScan } from '../ops/lstm.js';
import { gruScan } from '../ops/recurrent.js';
import { broadcastTo, transpose } from '../ops/shape.js';
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

function weightsOf(p: Recurrent<Value>) {
  return {
    inputWeight: p.weight_ih_l0,
    inputBias: p.bias_ih_l0,
    stateWeight: p.weight_hh_l0,
    stateBias: p.bias_hh_l0,
  };
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
  const states = gruScan(transpose(x, [1, 0, 2]), weightsOf(p), initial ?? zeroState(p, x));
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
  const { states, cell } = lstmScan(
    transpose(x, [1, 0, 2]),
    weightsOf(p),
    initial.hidden ?? zeroState(p, x),
    initial.cell ?? zeroState(p, x),
  );
  return { hidden: transpose(states, [1, 0, 2]), cell };
}
