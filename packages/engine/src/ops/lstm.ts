import { ShapeError } from '../graph/errors.js';
import { sameShape, showShape } from '../graph/shape.js';
import type { Type, Value } from '../graph/value.js';
import { applyAll, needFloat } from './apply.js';
import { add, mul, sigmoid, sub, tanh } from './elementwise.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import type { Emitter, Rules } from './rule.js';
import { concat, reshape, slice } from './shape.js';
import { split } from './split.js';

/** Inputs [steps, batch, inputs], two weights, their two biases, and hidden and cell state before the first step. */
type Operands<T> = readonly [x: T, inner: T, outer: T, innerBias: T, outerBias: T, hidden: T, cell: T];

export const lstmRules: Rules<'lstm'> = {
  // An operator of its own for the reason that `gru` is one. Gates come in the order input, forget, cell, output.
  lstm: {
    infer: (inputs) => {
      const [x, inner, outer, innerBias, outerBias, hidden, cell] = inputs as unknown as Operands<Value>;
      const width = outer.shape.at(-1)!;
      const fits =
        x.rank === 3 &&
        x.shape[0]! > 0 &&
        sameShape(inner.shape, [4 * width, x.shape[2]!]) &&
        sameShape(outer.shape, [4 * width, width]) &&
        [innerBias, outerBias].every((b) => sameShape(b.shape, [4 * width])) &&
        [hidden, cell].every((s) => sameShape(s.shape, [x.shape[1]!, width]));
      if (!fits) {
        throw new ShapeError(
          `lstm: inputs [steps, batch, inputs], at least one step of them, weights [4 hidden, inputs] and [4 hidden, hidden], biases [4 hidden] and two states [batch, hidden] are needed: ${inputs.map((v) => showShape(v.shape)).join(', ')}`,
        );
      }
      const state = [x.shape[1]!, width];
      return [
        { dtype: x.dtype, shape: [x.shape[0]!, ...state] },
        { dtype: x.dtype, shape: state },
      ];
    },
    emit: (e, names, { inputs }) => {
      const operands = names as unknown as Operands<string>;
      return inputs[0]!.dtype === 'float64' ? unrolled(e, operands, inputs) : fused(e, operands, inputs);
    },
    // The gates are computed again for all steps at once, and the cells from them. Then, with D and E the cotangents of hidden and cell
    // state, those of the gates are D and E times known coefficients: E += D o (1 - tanh(c)^2), E' = E f, D' = g + (gates' cotangents) W.
    vjp: (node, [g, ofLast], needs) => {
      const [x, inner, outer, innerBias, outerBias, hidden, cell] = node.inputs as unknown as Operands<Value>;
      const steps = x.dim(0);
      const states = node.outputs[0]!;
      const rows = (v: Value) => reshape(v, [-1, v.dim(-1)]);
      const each = (v: Value) => split(v, steps, 0);
      const before =
        steps > 1 ? concat([hidden, rows(slice(states, { axis: 0, end: steps - 1 }))], 0) : hidden;
      const fromInput = add(matmul(rows(x), inner, { transB: true }), innerBias);
      const gates = add(fromInput, add(matmul(before, outer, { transB: true }), outerBias));
      const [i, f, c, o] = split(gates, 4, 1) as [Value, Value, Value, Value];
      const [input, forget, output] = [sigmoid(i), sigmoid(f), sigmoid(o)];
      const candidate = tanh(c);
      const [written, kept] = [each(mul(input, candidate)), each(forget)];
      const cells = [cell];
      for (let t = 0; t < steps; t++) cells.push(add(mul(kept[t]!, cells[t]!), written[t]!));
      const cellBefore = concat(cells.slice(0, steps), 0);
      const shown = tanh(concat(cells.slice(1), 0));

      const slope = (s: Value) => mul(s, sub(1, s));
      const coefficients = each(
        concat(
          [
            mul(candidate, slope(input)),
            mul(cellBefore, slope(forget)),
            mul(input, sub(1, mul(candidate, candidate))),
            mul(shown, slope(output)),
          ],
          1,
        ),
      );
      const throughShown = each(mul(output, sub(1, mul(shown, shown))));
      const gs = g && each(rows(g));
      const ofGates: Value[] = [];
      let ofHidden: Value | undefined;
      let ofCell = ofLast;
      for (let t = steps - 1; t >= 0; t--) {
        const d = gs && ofHidden ? add(gs[t]!, ofHidden) : (ofHidden ?? gs?.[t] ?? mul(hidden, 0));
        const shownPart = mul(d, throughShown[t]!);
        const e = ofCell ? add(ofCell, shownPart) : shownPart;
        const wide = mul(concat([e, e, e, d], 1), coefficients[t]!);
        ofGates.push(wide);
        ofHidden = matmul(wide, outer);
        ofCell = mul(e, kept[t]!);
      }
      const all = concat(ofGates.reverse(), 0);
      const ofBias = () => sum(all, { axes: 0 });
      return [
        needs[0] ? reshape(matmul(all, inner), x.shape) : undefined,
        needs[1] ? matmul(all, rows(x), { transA: true }) : undefined,
        needs[2] ? matmul(all, before, { transA: true }) : undefined,
        needs[3] ? ofBias() : undefined,
        needs[4] ? ofBias() : undefined,
        ofHidden,
        ofCell,
      ];
    },
    samples: [
      [3, 2, 4, 2],
      [1, 2, 1, 3],
    ].map(([steps, batch, inputs, width]) => ({
      inputs: [
        { shape: [steps!, batch!, inputs!] },
        { shape: [4 * width!, inputs!] },
        { shape: [4 * width!, width!] },
        { shape: [4 * width!] },
        { shape: [4 * width!] },
        { shape: [batch!, width!] },
        { shape: [batch!, width!] },
      ],
      attributes: {},
      smooth: true,
    })),
  },
};

/** The runtime's kernel. ONNX has the blocks of the gates in the order input, output, forget, cell. */
function fused(e: Emitter, operands: Operands<string>, types: readonly Type[]): string[] {
  const [x, inner, outer, innerBias, outerBias, hidden, cell] = operands;
  const blocks = (v: string) => {
    const [i, f, c, o] = e.nodeWithOutputs('Split', [v], 4, { axis: 0, num_outputs: 4 });
    return [i!, o!, f!, c!];
  };
  const first = (v: string) => e.node('Unsqueeze', [v, e.int64s([0])]);
  const joined = (parts: readonly string[]) => first(e.node('Concat', parts, { axis: 0 }));
  const biases = joined([...blocks(innerBias), ...blocks(outerBias)]);
  const inputs = [x, joined(blocks(inner)), joined(blocks(outer)), biases, '', first(hidden), first(cell)];
  const [states, , last] = e.nodeWithOutputs('LSTM', inputs, 3, { hidden_size: types[2]!.shape[1]! });
  return [e.node('Squeeze', [states!, e.int64s([1])]), e.node('Squeeze', [last!, e.int64s([0])])];
}

/** Step by step, in float64, for which the runtime has no kernel. */
function unrolled(e: Emitter, operands: Operands<string>, types: readonly Type[]): string[] {
  const [x, inner, outer, innerBias, outerBias, hidden, cell] = operands;
  const affine = (v: string, weight: string, bias: string) =>
    e.node('Add', [e.node('MatMul', [v, e.node('Transpose', [weight], { perm: [1, 0] })]), bias]);
  const states: string[] = [];
  let [h, c] = [hidden, cell];
  for (let t = 0; t < types[0]!.shape[0]!; t++) {
    const at = e.constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(t)) });
    const gates = e.node('Add', [
      affine(e.node('Gather', [x, at]), inner, innerBias),
      affine(h, outer, outerBias),
    ]);
    const [i, f, g, o] = e.nodeWithOutputs('Split', [gates], 4, { axis: -1, num_outputs: 4 });
    const kept = e.node('Mul', [e.node('Sigmoid', [f!]), c]);
    c = e.node('Add', [kept, e.node('Mul', [e.node('Sigmoid', [i!]), e.node('Tanh', [g!])])]);
    h = e.node('Mul', [e.node('Sigmoid', [o!]), e.node('Tanh', [c])]);
    states.push(e.node('Unsqueeze', [h, e.int64s([0])]));
  }
  return [e.node('Concat', states, { axis: 0 }), c];
}

/** Weights of one LSTM layer: blocks for input, forget, cell and output below each other. */
export interface LstmWeights {
  /** [4 hidden, inputs] and [4 hidden] */
  readonly inputWeight: Value;
  readonly inputBias: Value;
  /** [4 hidden, hidden] and [4 hidden] */
  readonly stateWeight: Value;
  readonly stateBias: Value;
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000): with gates i, f, o and candidate g,
 * c' = f c + i g and h' = o tanh(c').
 *
 * @param x [steps, batch, inputs], at least one step
 * @param hidden [batch, hidden], as is `cell`
 * @returns the hidden state after every step, [steps, batch, hidden], and the last cell state, [batch, hidden]
 */
export function lstmScan(
  x: Value,
  p: LstmWeights,
  hidden: Value,
  cell: Value,
): { readonly states: Value; readonly cell: Value } {
  const operands = [p.inputWeight, p.stateWeight, p.inputBias, p.stateBias, hidden, cell];
  const [states, last] = applyAll('lstm', [needFloat('lstm', x), ...operands], {});
  return { states: states!, cell: last! };
}
