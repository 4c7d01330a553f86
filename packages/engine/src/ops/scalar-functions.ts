import { ShapeError } from '../graph/errors.js';
import { broadcastShapes } from '../graph/shape.js';
import { tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { apply, isOp, lift, needFloat, type Operand, showType } from './apply.js';
import { add, div, equal, mul, where } from './elementwise.js';
import type { Rules, SampleInput } from './rule.js';

/** Functions of single numbers that ONNX lacks, or whose gradient composition would do badly. */
type ScalarFunction = 'log1p' | 'expm1' | 'rsqrt' | 'isNan' | 'clip' | 'mod';

const none = {};
const over = (range: readonly [number, number], avoid?: readonly number[]) => ({
  inputs: [{ shape: [3, 4], range, ...(avoid && { avoid }) }],
  attributes: none,
  smooth: true,
});
const fixed = (...data: number[]): SampleInput => ({
  shape: [data.length],
  fixed: tensor(Int32Array.from(data)),
});

export const scalarFunctionRules: Rules<ScalarFunction> = {
  // log(u) x / (u - 1) with u = 1 + x: the rounding of u cancels (Higham 2002, section 1.14.1).
  log1p: {
    infer: ([x]) => [x!],
    emit: (e, [x], { inputs }) => {
      const one = e.scalar(1, inputs[0]!);
      const u = e.node('Add', [x!, one]);
      const ratio = e.node('Div', [x!, e.node('Sub', [u, one])]);
      return [e.node('Where', [e.node('Equal', [u, one]), x!, e.node('Mul', [e.node('Log', [u]), ratio])])];
    },
    vjp: (node, [g]) => [g && div(g, add(node.inputs[0]!, 1))],
    samples: [over([-0.8, 3]), over([-1e-3, 1e-3])],
  },
  // tanh(x / 2) (exp(x) + 1), which loses nothing near zero.
  expm1: {
    infer: ([x]) => [x!],
    emit: (e, [x], { inputs }) => {
      const half = e.node('Tanh', [e.node('Mul', [x!, e.scalar(0.5, inputs[0]!)])]);
      const sum = e.node('Add', [e.node('Exp', [x!]), e.scalar(1, inputs[0]!)]);
      return [e.node('Mul', [half, sum])];
    },
    vjp: (node, [g]) => [g && mul(g, add(node.outputs[0]!, 1))],
    samples: [over([-3, 3]), over([-1e-3, 1e-3])],
  },
  rsqrt: {
    infer: ([x]) => [x!],
    emit: (e, inputs) => [e.node('Reciprocal', [e.node('Sqrt', inputs)])],
    vjp: (node, [g]) => [g && mul(mul(g, -0.5), div(node.outputs[0]!, node.inputs[0]!))],
    samples: [over([0.2, 3])],
  },
  isNan: {
    infer: ([x]) => [{ dtype: 'bool', shape: x!.shape }],
    emit: (e, inputs) => [e.node('IsNaN', inputs)],
    vjp: null,
    samples: [
      { inputs: [{ shape: [3] }], attributes: none },
      { inputs: [{ shape: [2], fixed: tensor([Number.NaN, 1]) }], attributes: none },
    ],
  },
  clip: {
    infer: ([x]) => [x!],
    emit: (e, [x], { inputs, attributes: { low, high } }) => [
      e.node('Clip', [x!, e.scalar(low, inputs[0]!), e.scalar(high, inputs[0]!)]),
    ],
    vjp: (node, [g]) => [g && where(equal(node.inputs[0]!, node.outputs[0]!), g, 0)],
    simplify: ([x], { low, high }) =>
      isOp(x!.node, 'clip') && x!.node.attributes.low === low && x!.node.attributes.high === high
        ? x
        : undefined,
    samples: [
      {
        inputs: [{ shape: [4, 4], range: [-2, 2], avoid: [-1, 0.5] }],
        attributes: { low: -1, high: 0.5 },
        smooth: true,
      },
    ],
  },
  mod: {
    infer: ([a, b]) => {
      if (a!.dtype !== 'int32' && a!.dtype !== 'int64') {
        throw new ShapeError(
          `mod: integers are needed: ${showType(a!)}; write sub(a, mul(floor(div(a, b)), b))`,
        );
      }
      return [{ dtype: a!.dtype, shape: broadcastShapes('mod', a!.shape, b!.shape) }];
    },
    emit: (e, inputs) => [e.node('Mod', inputs)],
    vjp: null,
    samples: [{ inputs: [fixed(7, -7, 7, -7, 0), fixed(3, 3, -3, -3, 5)], attributes: none }],
  },
};

function onFloat(op: 'log1p' | 'expm1' | 'rsqrt' | 'isNan'): (x: Operand) => Value {
  return (x) => apply(op, [needFloat(op, lift(op, x)[0]!)], none);
}

/** log(1 + x), accurate near 0. */
export const log1p = onFloat('log1p');
/** exp(x) - 1, accurate near 0. */
export const expm1 = onFloat('expm1');
/** 1 / sqrt(x). */
export const rsqrt = onFloat('rsqrt');
/** Where a value is not a number, as bool. */
export const isNan = onFloat('isNan');

/** Remainder of integers, with the sign of the divisor. */
export function mod(a: Operand, b: Operand): Value {
  return apply('mod', lift('mod', a, b), none);
}

/** A value between two bounds; the gradient is zero outside them and passes at the bounds themselves. */
export function clip(x: Value, low: number, high: number): Value {
  if (low > high) throw new ShapeError(`clip: the lower bound is above the upper one: ${low} and ${high}`);
  return apply('clip', [x], { low, high });
}
