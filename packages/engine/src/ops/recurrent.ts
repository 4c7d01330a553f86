import { ShapeError } from '../graph/errors.js';
import { sameShape, showShape } from '../graph/shape.js';
import type { Type, Value } from '../graph/value.js';
import { apply, needFloat } from './apply.js';
import { add, mul, sigmoid, sub, tanh } from './elementwise.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import type { Emitter, Rules } from './rule.js';
import { concat, reshape, slice } from './shape.js';
import { split } from './split.js';

/** Operands of the operator: inputs [steps, batch, inputs], two weights, their two biases, and the state before the first step. */
type Operands<T> = readonly [x: T, inner: T, outer: T, innerBias: T, outerBias: T, initial: T];

export const recurrentRules: Rules<'gru'> = {
  // An operator of its own, because the steps of a composition are hundreds of nodes, each smaller than its own overhead.
  gru: {
    infer: (inputs) => {
      const [x, inner, outer, innerBias, outerBias, initial] = inputs as unknown as Operands<Value>;
      const hidden = outer.shape.at(-1)!;
      const fits =
        x.rank === 3 &&
        x.shape[0]! > 0 &&
        sameShape(inner.shape, [3 * hidden, x.shape[2]!]) &&
        sameShape(outer.shape, [3 * hidden, hidden]) &&
        [innerBias, outerBias].every((b) => sameShape(b.shape, [3 * hidden])) &&
        sameShape(initial.shape, [x.shape[1]!, hidden]);
      if (!fits) {
        throw new ShapeError(
          `gru: inputs [steps, batch, inputs], at least one step of them, weights [3 hidden, inputs] and [3 hidden, hidden], biases [3 hidden] and a state [batch, hidden] are needed: ${inputs.map((v) => showShape(v.shape)).join(', ')}`,
        );
      }
      return [{ dtype: x.dtype, shape: [x.shape[0]!, x.shape[1]!, hidden] }];
    },
    emit: (e, names, { inputs }) => {
      const operands = names as unknown as Operands<string>;
      return [inputs[0]!.dtype === 'float64' ? unrolled(e, operands, inputs) : fused(e, operands, inputs)];
    },
    // What the gates were is computed again for all steps at once. Then, with D the cotangent of a state, the cotangents of the
    // gates are D times known coefficients, so that only D goes back step by step: D' = g + D z + (D C) W.
    vjp: (node, [g], needs) => {
      if (!g) return [];
      const [x, inner, outer, innerBias, outerBias, initial] = node.inputs as unknown as Operands<Value>;
      const [steps, hidden] = [g.dim(0), g.dim(2)];
      const states = node.outputs[0]!;
      const rows = (v: Value) => reshape(v, [-1, v.dim(-1)]);
      const before = concat([initial, rows(slice(states, { axis: 0, end: steps - 1 }))], 0);
      const fromInput = add(matmul(rows(x), inner, { transB: true }), innerBias);
      const fromState = add(matmul(before, outer, { transB: true }), outerBias);
      const [inGates, inCandidate] = split(fromInput, [2 * hidden, hidden], 1) as [Value, Value];
      const [outGates, outCandidate] = split(fromState, [2 * hidden, hidden], 1) as [Value, Value];
      const [reset, update] = split(sigmoid(add(inGates, outGates)), 2, 1) as [Value, Value];
      const candidate = tanh(add(inCandidate, mul(reset, outCandidate)));

      const ofCandidate = mul(sub(1, update), sub(1, mul(candidate, candidate)));
      const throughReset = mul(ofCandidate, reset);
      const ofReset = mul(mul(throughReset, sub(1, reset)), outCandidate);
      const ofUpdate = mul(mul(sub(before, candidate), update), sub(1, update));
      const coefficients = concat([ofReset, ofUpdate, throughReset], 1);

      const each = (v: Value) => split(v, steps, 0);
      const [gs, cs, zs] = [each(rows(g)), each(coefficients), each(update)];
      const backwards: Value[] = [];
      let d = gs[steps - 1]!;
      for (let t = steps - 1; t >= 0; t--) {
        backwards.push(d);
        const wide = mul(concat([d, d, d], 1), cs[t]!);
        const back = add(matmul(wide, outer), mul(d, zs[t]!));
        d = t > 0 ? add(back, gs[t - 1]!) : back;
      }
      const all = concat(backwards.reverse(), 0);
      const wide = concat([all, all, all], 1);
      const dState = mul(wide, coefficients);
      const dInput = mul(wide, concat([ofReset, ofUpdate, ofCandidate], 1));
      return [
        needs[0] ? reshape(matmul(dInput, inner), x.shape) : undefined,
        needs[1] ? matmul(dInput, rows(x), { transA: true }) : undefined,
        needs[2] ? matmul(dState, before, { transA: true }) : undefined,
        needs[3] ? sum(dInput, { axes: 0 }) : undefined,
        needs[4] ? sum(dState, { axes: 0 }) : undefined,
        d,
      ];
    },
    samples: [
      [3, 2, 4, 2],
      [1, 2, 1, 3],
    ].map(([steps, batch, inputs, hidden]) => ({
      inputs: [
        { shape: [steps!, batch!, inputs!] },
        { shape: [3 * hidden!, inputs!] },
        { shape: [3 * hidden!, hidden!] },
        { shape: [3 * hidden!] },
        { shape: [3 * hidden!] },
        { shape: [batch!, hidden!] },
      ],
      attributes: {},
      smooth: true,
    })),
  },
};

/** The runtime's kernel. ONNX has the blocks of the gates in the order update, reset, candidate. */
function fused(e: Emitter, operands: Operands<string>, types: readonly Type[]): string {
  const [x, inner, outer, innerBias, outerBias, initial] = operands;
  const hidden = types[2]!.shape[1]!;
  const blocks = (v: string) => {
    const [reset, update, candidate] = e.nodeWithOutputs('Split', [v], 3, { axis: 0, num_outputs: 3 });
    return [update!, reset!, candidate!];
  };
  const joined = (parts: readonly string[]) =>
    e.node('Unsqueeze', [e.node('Concat', parts, { axis: 0 }), e.int64s([0])]);
  const biases = joined([...blocks(innerBias), ...blocks(outerBias)]);
  const first = e.node('Unsqueeze', [initial, e.int64s([0])]);
  const inputs = [x, joined(blocks(inner)), joined(blocks(outer)), biases, '', first];
  const states = e.node('GRU', inputs, { hidden_size: hidden, linear_before_reset: 1 });
  return e.node('Squeeze', [states, e.int64s([1])]);
}

/** Step by step, in float64, for which the runtime has no kernel. */
function unrolled(e: Emitter, operands: Operands<string>, types: readonly Type[]): string {
  const [x, inner, outer, innerBias, outerBias, initial] = operands;
  const affine = (v: string, weight: string, bias: string) =>
    e.node('Add', [e.node('MatMul', [v, e.node('Transpose', [weight], { perm: [1, 0] })]), bias]);
  const gates = (v: string) =>
    e.nodeWithOutputs('Split', [v], 3, { axis: -1, num_outputs: 3 }) as [string, string, string];
  const steps = types[0]!.shape[0]!;
  const states: string[] = [];
  let h = initial;
  for (let t = 0; t < steps; t++) {
    const input = e.node('Gather', [
      x,
      e.constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(t)) }),
    ]);
    const [ir, iz, candidate] = gates(affine(input, inner, innerBias));
    const [hr, hz, hn] = gates(affine(h, outer, outerBias));
    const reset = e.node('Sigmoid', [e.node('Add', [ir, hr])]);
    const update = e.node('Sigmoid', [e.node('Add', [iz, hz])]);
    const next = e.node('Tanh', [e.node('Add', [candidate, e.node('Mul', [reset, hn])])]);
    h = e.node('Add', [next, e.node('Mul', [update, e.node('Sub', [h, next])])]);
    states.push(e.node('Unsqueeze', [h, e.int64s([0])]));
  }
  return e.node('Concat', states, { axis: 0 });
}

/** Weights of one gated recurrent layer: blocks for reset, update and candidate below each other. */
export interface GruWeights {
  /** [3 hidden, inputs] and [3 hidden] */
  readonly inputWeight: Value;
  readonly inputBias: Value;
  /** [3 hidden, hidden] and [3 hidden] */
  readonly stateWeight: Value;
  readonly stateBias: Value;
}

/**
 * Gated recurrent unit (Cho et al. 2014, in the form where the reset gate acts on the projected state): with gates r and z,
 * n = tanh(W x + b + r (U h + c)) and h' = (1 - z) n + z h.
 *
 * @param x [steps, batch, inputs], at least one step
 * @param initial [batch, hidden]
 * @returns the state after every step, [steps, batch, hidden]
 */
export function gruScan(x: Value, p: GruWeights, initial: Value): Value {
  const operands = [p.inputWeight, p.stateWeight, p.inputBias, p.stateBias, initial];
  return apply('gru', [needFloat('gru', x), ...operands], {});
}
