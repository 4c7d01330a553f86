import { nn, random, softmax, type Tensor, type Value } from '@tutelage/engine';

/** Two layers without anything between them. */
export type Gate<T> = { readonly in: nn.Linear<T>; readonly out: nn.Linear<T> };

/** @param ways that the gate chooses among */
export function initGate(key: random.Key, inputs: number, ways: number): Gate<Tensor> {
  return {
    in: nn.initLinear(random.foldIn(key, 'in'), inputs, 2 * inputs),
    out: nn.initLinear(random.foldIn(key, 'out'), 2 * inputs, ways),
  };
}

/** The share of each way: [batch, inputs] to [batch, ways], each row adding up to 1. */
export function gateShares(gate: Gate<Value>, x: Value): Value {
  return softmax(nn.linear(gate.out, nn.linear(gate.in, x)));
}
