import type { Value } from '../../graph/value.js';
import { constant } from '../../ops/apply.js';
import * as ops from '../../ops/index.js';
import type { Call, ImportRule, ImportRules } from '../call.js';

const { add, less, matmul, mul, reshape, split, stack, sub, transpose, where } = ops;

type Activation = (x: Value) => Value;

/** What stays the same from step to step in one direction: matrices [gates * hidden, ...], biases, activations. */
interface Layer {
  readonly hidden: number;
  readonly recurrence: Value;
  /** [gates * hidden]; those of the input's part are already added to the input. */
  readonly bias: Value | undefined;
  /** [3 * hidden], of LSTM. */
  readonly peephole: Value | undefined;
  readonly activations: readonly Activation[];
}

/** One step: the input's part of the gates [batch, gates * hidden] and the states [batch, hidden] to the next states. */
type Step = (call: Call, layer: Layer, input: Value, states: readonly Value[]) => readonly Value[];

const activations: Readonly<Record<string, Activation>> = {
  Relu: ops.relu,
  Sigmoid: ops.sigmoid,
  Softplus: ops.softplus,
  Tanh: ops.tanh,
};

/** A recurrent operator, unrolled: gates' names in ONNX's order, default activations of a direction, states' inputs. */
function recurrent(
  gates: number,
  defaults: readonly string[],
  stateInputs: readonly number[],
  step: Step,
): ImportRule {
  return (call) => {
    if (call.float('clip', 0) !== 0) call.fail("attribute that is not supported: 'clip'");
    const batchFirst = call.flag('layout');
    const x = batchFirst ? transpose(call.input(0), [1, 0, 2]) : call.input(0);
    const direction = call.string('direction', 'forward');
    const directions = direction === 'bidirectional' ? 2 : 1;
    const results = Array.from({ length: directions }, (_, d) => {
      const backwards = direction === 'reverse' || d === 1;
      return runDirection(call, x, d, backwards, gates, defaults, stateInputs, step);
    });
    const [steps, batch] = x.shape as [number, number];
    // [steps, directions, batch, hidden], or with the batch first [batch, steps, directions, hidden].
    const every = stack(
      results.map((r) => stack(r.outputs)),
      1,
    );
    const last = stateInputs.map((_, s) => stack(results.map((r) => r.states[s]!)));
    if (steps === 0 || batch === 0) call.fail('sequences must not be empty');
    return batchFirst
      ? [transpose(every, [2, 0, 1, 3]), ...last.map((v) => transpose(v, [1, 0, 2]))]
      : [every, ...last];
  };
}

function runDirection(
  call: Call,
  x: Value,
  direction: number,
  backwards: boolean,
  gates: number,
  defaults: readonly string[],
  stateInputs: readonly number[],
  step: Step,
): { readonly outputs: readonly Value[]; readonly states: readonly Value[] } {
  const [steps, batch] = x.shape as [number, number];
  const own = (index: number) => {
    const whole = call.optional(index);
    return (
      whole &&
      reshape(ops.slice(whole, { axis: 0, start: direction, end: direction + 1 }), whole.shape.slice(1))
    );
  };
  const [weight, recurrence, biases] = [own(1)!, own(2)!, own(3)];
  const hidden = recurrence.dim(1);
  const [inputBias, bias] = biases ? split(biases, 2, 0) : [];
  const layer: Layer = {
    hidden,
    recurrence,
    bias,
    peephole: stateInputs.length === 2 ? own(7) : undefined,
    activations: activationsOf(call, direction, defaults),
  };
  const product = matmul(x, weight, { transB: true });
  const inputs = split(inputBias ? add(product, inputBias) : product, steps, 0);
  const lengths = call.optional(4);
  const zero = ops.broadcastTo(constant(0, x.dtype), [batch, hidden]);
  let states: readonly Value[] = stateInputs.map((index) => {
    const initial = call.optional(index);
    if (!initial) return zero;
    const first = call.flag('layout') ? transpose(initial, [1, 0, 2]) : initial;
    return reshape(ops.slice(first, { axis: 0, start: direction, end: direction + 1 }), [batch, hidden]);
  });
  const outputs = new Array<Value>(steps);
  for (let i = 0; i < steps; i++) {
    const t = backwards ? steps - 1 - i : i;
    const next = step(call, layer, reshape(inputs[t]!, [batch, gates * hidden]), states);
    // Behind its end a sequence keeps its state and gives zeros.
    const within = lengths && ops.expandDims(less(constant(t, lengths.dtype), lengths), 1);
    const before = states;
    states = within ? next.map((v, s) => where(within, v, before[s]!)) : next;
    outputs[t] = within ? where(within, next[0]!, 0) : next[0]!;
  }
  return { outputs, states };
}

function activationsOf(call: Call, direction: number, defaults: readonly string[]): Activation[] {
  const given = call.attribute('activations', 'strings');
  const names = given?.slice(direction * defaults.length, (direction + 1) * defaults.length) ?? defaults;
  return defaults.map((_, i) => {
    const name = names[i] ?? '';
    return Object.hasOwn(activations, name)
      ? activations[name]!
      : call.fail(`activation that is not supported: '${name}'`);
  });
}

const plus = (x: Value, y: Value | undefined) => (y ? add(x, y) : x);

/** h' = f(x + h R' + b). */
const rnnStep: Step = (_, { recurrence, bias, activations: [f] }, input, [h]) => [
  f!(plus(add(input, matmul(h!, recurrence, { transB: true })), bias)),
];

/** Gates z (update), r (reset), h (candidate). */
const gruStep: Step = (call, { hidden, recurrence, bias, activations: [f, g] }, input, [h]) => {
  const [iz, ir, ih] = split(input, 3, 1) as [Value, Value, Value];
  const pieces = [2 * hidden, hidden];
  const [gateWeights, candidateWeights] = split(recurrence, pieces, 0) as [Value, Value];
  const [gateBias, candidateBias] = bias ? split(bias, pieces, 0) : [];
  const gates = plus(matmul(h!, gateWeights, { transB: true }), gateBias);
  const [hz, hr] = split(gates, 2, 1) as [Value, Value];
  const [update, reset] = [f!(add(iz, hz)), f!(add(ir, hr))];
  const projected = (v: Value) => plus(matmul(v, candidateWeights, { transB: true }), candidateBias);
  const candidate = call.flag('linear_before_reset')
    ? add(ih, mul(reset, projected(h!)))
    : add(ih, projected(mul(reset, h!)));
  const next = g!(candidate);
  return [add(next, mul(update, sub(h!, next)))];
};

/** Gates i (input), o (output), f (forget), c (cell). */
const lstmStep: Step = (
  call,
  { recurrence, bias, peephole, activations: [f, g, h] },
  input,
  [hidden, cell],
) => {
  const gates = plus(add(input, matmul(hidden!, recurrence, { transB: true })), bias);
  const [i, o, forget, c] = split(gates, 4, 1) as [Value, Value, Value, Value];
  const [pi, po, pf] = peephole ? split(peephole, 3, 0) : [];
  const seen = (gate: Value, p: Value | undefined, state: Value) => f!(p ? add(gate, mul(p, state)) : gate);
  const enter = seen(i, pi, cell!);
  const keep = call.flag('input_forget') ? sub(1, enter) : seen(forget, pf, cell!);
  const nextCell = add(mul(keep, cell!), mul(enter, g!(c)));
  return [mul(seen(o, po, nextCell), h!(nextCell)), nextCell];
};

export const recurrentRules: ImportRules = {
  GRU: recurrent(3, ['Sigmoid', 'Tanh'], [5], gruStep),
  LSTM: recurrent(4, ['Sigmoid', 'Tanh', 'Tanh'], [5, 6], lstmStep),
  RNN: recurrent(1, ['Tanh'], [5], rnnStep),
};
