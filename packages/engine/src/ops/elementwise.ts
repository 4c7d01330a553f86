import type { DType } from '../graph/dtype.js';
import { isFloat } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { broadcastShapes, type Shape, sameShape, sizeOf, stridesOf } from '../graph/shape.js';
import { convert, type Tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { apply, isOp, lift, needFloat, type Operand, showType, splatOf } from './apply.js';
import { foldWhere } from './folding.js';
import { heaviside } from './heaviside.js';

import { sumTo } from './reduce.js';
import type { Emitter, NodeOf, Rule, Rules, SampleInput } from './rule.js';

type Unary =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'reciprocal'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'relu'
  | 'floor'
  | 'ceil'
  | 'round';
type Arithmetic = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum';
type Comparison = 'equal' | 'less' | 'lessEqual' | 'greater' | 'greaterEqual';
type Logic = 'and' | 'or' | 'xor';
type Elementwise = Unary | Arithmetic | Comparison | Logic | 'not' | 'cast' | 'where' | 'softplus' | 'erf';

const none = {};

// ---------------------------------------------------------------- one operand

interface UnarySpec {
  readonly compute: (x: number) => number;
  /** Cotangent of the operand from operand, result and the result's cotangent; null where the derivative is zero. */
  readonly vjp: ((x: Value, y: Value, g: Value) => Value) | null;
  readonly sample?: Omit<SampleInput, 'shape'>;
  /** Not smooth: the second derivative is zero or undefined, and is not checked. */
  readonly rough?: boolean;
}

function unary<O extends Unary>(onnx: string, spec: UnarySpec): Rule<O> {
  return {
    infer: ([x]) => [x!],
    emit: (e, inputs) => [e.node(onnx, inputs)],
    vjp: spec.vjp && ((node, [g]) => [g && spec.vjp!(node.inputs[0]!, node.outputs[0]!, g)]),
    fold: ([x], _, type) =>
      convert(
        Array.from(x!.data as ArrayLike<number | bigint>, (v) => spec.compute(Number(v))),
        type.dtype,
      ),
    samples: unaryShapes.map((shape) => ({
      inputs: [{ shape, ...spec.sample }],
      attributes: none,
      smooth: !spec.rough && spec.vjp !== null,
    })),
  };
}

const unaryShapes: readonly Shape[] = [[3, 4], [], [0, 2], [1]];
const positive: Omit<SampleInput, 'shape'> = { range: [0.2, 3] };
const kinkAtZero: Omit<SampleInput, 'shape'> = { range: [-2, 2], avoid: [0] };
const awayFromIntegers: Omit<SampleInput, 'shape'> = {
  range: [-2, 2],
  avoid: [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2],
};
const roundHalfToEven = (x: number) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

const unaryRules: Rules<Unary> = {
  neg: {
    ...unary('Neg', { compute: (x) => -x, vjp: (_x, _y, g) => neg(g) }),
    simplify: ([x]) => (isOp(x!.node, 'neg') ? x!.node.inputs[0] : undefined),
  },
  abs: unary('Abs', { compute: Math.abs, vjp: (x, _, g) => mul(g, sign(x)), sample: kinkAtZero }),
  sign: unary('Sign', { compute: Math.sign, vjp: null, sample: kinkAtZero }),
  exp: unary('Exp', { compute: Math.exp, vjp: (_, y, g) => mul(g, y) }),
  log: unary('Log', { compute: Math.log, vjp: (x, _, g) => div(g, x), sample: positive }),
  sqrt: unary('Sqrt', { compute: Math.sqrt, vjp: (_, y, g) => div(mul(g, 0.5), y), sample: positive }),
  reciprocal: unary('Reciprocal', {
    compute: (x) => 1 / x,
    vjp: (_, y, g) => neg(mul(g, mul(y, y))),
    sample: positive,
  }),
  sin: unary('Sin', { compute: Math.sin, vjp: (x, _, g) => mul(g, cos(x)) }),
  cos: unary('Cos', { compute: Math.cos, vjp: (x, _, g) => neg(mul(g, sin(x))) }),
  tanh: unary('Tanh', { compute: Math.tanh, vjp: (_, y, g) => mul(g, sub(1, mul(y, y))) }),
  sigmoid: unary('Sigmoid', {
    compute: (x) => 1 / (1 + Math.exp(-x)),
    vjp: (_, y, g) => mul(g, mul(y, sub(1, y))),
  }),
  // The mask is taken from the result, so that the operand need not be kept.
  relu: unary('Relu', {
    compute: (x) => Math.max(x, 0),
    vjp: (_, y, g) => mul(g, heaviside(y)),
    sample: kinkAtZero,
  }),
  floor: unary('Floor', { compute: Math.floor, vjp: null, sample: awayFromIntegers }),
  ceil: unary('Ceil', { compute: Math.ceil, vjp: null, sample: awayFromIntegers }),
  round: unary('Round', { compute: roundHalfToEven, vjp: null, sample: awayFromIntegers }),
};

// ---------------------------------------------------------------- two operands

type Operands = readonly [a: Value, b: Value];

interface BinarySpec {
  readonly compute: (a: number, b: number) => number;
  /** Cotangents of both operands, before they are summed to the operands' shapes; null where there is no gradient. */
  readonly vjp: ((operands: Operands, y: Value, g: Value) => readonly [() => Value, () => Value]) | null;
  readonly simplify?: (operands: Operands) => Value | undefined;
  readonly samples?: readonly [Omit<SampleInput, 'shape'>, Omit<SampleInput, 'shape'>];
  readonly rough?: boolean;
}

const binaryShapes: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[], [3]],
  [[2, 3], [1]],
  [[0, 3], [3]],
];

const integers = (...data: number[]): SampleInput => ({
  shape: [data.length],
  fixed: { dtype: 'int32', shape: [data.length], data: Int32Array.from(data) },
});
const integerPair: readonly SampleInput[] = [integers(7, -7, 5, 0), integers(2, 2, 5, 1)];

function binary<O extends Arithmetic | Comparison | Logic>(
  op: O,
  onnx: string,
  spec: BinarySpec,
  result: (operand: DType) => DType = (d) => d,
): Rule<O> {
  return {
    infer: ([a, b]) => [{ dtype: result(a!.dtype), shape: broadcastShapes(op, a!.shape, b!.shape) }],
    emit: (e, inputs) => [e.node(onnx, inputs)],
    vjp:
      spec.vjp &&
      ((node, [g], needs) => {
        const operands = node.inputs as unknown as Operands;
        const found = g && spec.vjp!(operands, node.outputs[0]!, g);
        return operands.map((v, i) => (found && needs[i] ? sumTo(found[i as 0 | 1](), v.shape) : undefined));
      }),
    simplify: ([a, b]) => {
      const [x, y] = withoutBroadcasts(op, a!, b!);
      return x !== a || y !== b
        ? apply<O>(op, [x, y], none as NodeOf<O>['attributes'])
        : spec.simplify?.([x, y]);
    },
    fold: ([a, b], _, type) => convert(combine(a!, b!, type.shape, spec.compute), type.dtype),
    samples: [
      ...binaryShapes.map(([a, b]) => [
        { shape: a, ...spec.samples?.[0] },
        { shape: b, ...spec.samples?.[1] },
      ]),
      integerPair,
    ].map((inputs) => ({
      inputs,
      attributes: none as NodeOf<O>['attributes'],
      smooth: !spec.rough && spec.vjp !== null,
    })),
  };
}

/** Operands without broadcasts that the operator does by itself. */
function withoutBroadcasts(op: string, a: Value, b: Value): Operands {
  const out = broadcastShapes(op, a.shape, b.shape);
  const strip = (v: Value, other: Value) => {
    if (!isOp(v.node, 'broadcastTo')) return v;
    const source = v.node.inputs[0]!;
    return sameShape(broadcastShapes(op, source.shape, other.shape), out) ? source : v;
  };
  const x = strip(a, b);
  return [x, strip(b, x)];
}

function combine(a: Tensor, b: Tensor, shape: Shape, compute: (a: number, b: number) => number): number[] {
  const [ia, ib] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    compute(Number(a.data[ia(i)]), Number(b.data[ib(i)])),
  );
}

/** Maps a flat index of the broadcast shape to one of the operand. */
export function broadcastIndex(from: Shape, to: Shape): (i: number) => number {
  const [out, own] = [stridesOf(to), stridesOf(from)];
  const offset = to.length - from.length;
  return (i) =>
    from.reduce(
      (at, d, k) => at + (d === 1 ? 0 : (Math.floor(i / out[offset + k]!) % to[offset + k]!) * own[k]!),
      0,
    );
}

/** `x`, when taking it for the result of an operator on both changes no shape. */
function onlyIf(fits: boolean, x: Value, [a, b]: Operands): Value | undefined {
  return fits && sameShape(x.shape, broadcastShapes('', a.shape, b.shape)) ? x : undefined;
}

/** x sigmoid(x) as one operator: the runtime would fuse it anyway, into a kernel that it lacks for doubles. */
function gated(x: Value, gate: Value): Value | undefined {
  return isOp(gate.node, 'sigmoid') && gate.node.inputs[0] === x
    ? apply('quickGelu', [x], { alpha: 1 })
    : undefined;
}

const signed: Omit<SampleInput, 'shape'> = { range: [-2, 2] };
const nonZero: Omit<SampleInput, 'shape'> = { range: [0.5, 2] };
const low: Omit<SampleInput, 'shape'> = { range: [-1, 0.4] };
const high: Omit<SampleInput, 'shape'> = { range: [0.6, 2] };

const arithmeticRules: Rules<Arithmetic> = {
  add: binary('add', 'Add', {
    compute: (a, b) => a + b,
    vjp: (_, _y, g) => [() => g, () => g],
    simplify: (o) => onlyIf(splatOf(o[0]) === 0, o[1], o) ?? onlyIf(splatOf(o[1]) === 0, o[0], o),
  }),
  sub: binary('sub', 'Sub', {
    compute: (a, b) => a - b,
    vjp: (_, _y, g) => [() => g, () => neg(g)],
    simplify: (o) => onlyIf(splatOf(o[1]) === 0, o[0], o),
  }),
  mul: binary('mul', 'Mul', {
    compute: (a, b) => a * b,
    vjp: ([a, b], _, g) => [() => mul(g, b), () => mul(g, a)],
    simplify: (o) =>
      onlyIf(splatOf(o[0]) === 1, o[1], o) ??
      onlyIf(splatOf(o[1]) === 1, o[0], o) ??
      gated(o[0], o[1]) ??
      gated(o[1], o[0]),
  }),
  div: binary('div', 'Div', {
    compute: (a, b) => a / b,
    vjp: ([, b], y, g) => [() => div(g, b), () => neg(mul(g, div(y, b)))],
    simplify: (o) => onlyIf(splatOf(o[1]) === 1, o[0], o),
    samples: [signed, nonZero],
  }),
  pow: binary('pow', 'Pow', {
    compute: (a, b) => a ** b,
    vjp: ([a, b], y, g) => [() => mul(g, mul(b, pow(a, sub(b, 1)))), () => mul(g, mul(y, log(a)))],
    simplify: (o) =>
      onlyIf(splatOf(o[1]) === 1, o[0], o) ??
      (splatOf(o[1]) === 2 ? onlyIf(true, mul(o[0], o[0]), o) : undefined),
    samples: [nonZero, signed],
  }),
  maximum: binary('maximum', 'Max', {
    compute: Math.max,
    // At a tie the first operand takes the whole cotangent.
    vjp: ([a, b], _, g) => [() => where(greaterEqual(a, b), g, 0), () => where(greaterEqual(a, b), 0, g)],
    samples: [low, high],
  }),
  minimum: binary('minimum', 'Min', {
    compute: Math.min,
    vjp: ([a, b], _, g) => [() => where(lessEqual(a, b), g, 0), () => where(lessEqual(a, b), 0, g)],
    samples: [high, low],
  }),
};

const toBool = (): DType => 'bool';
const truth = (test: (a: number, b: number) => boolean) => (a: number, b: number) => (test(a, b) ? 1 : 0);

/** All four cases of two truth values, by broadcasting. */
const truthTable: readonly SampleInput[] = [
  { shape: [2], fixed: { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) } },
  { shape: [2, 1], fixed: { dtype: 'bool', shape: [2, 1], data: Uint8Array.of(0, 1) } },
];

function logic<O extends Logic>(op: O, onnx: string, test: (a: number, b: number) => boolean): Rule<O> {
  return {
    ...binary<O>(op, onnx, { compute: truth(test), vjp: null }),
    samples: [{ inputs: truthTable, attributes: none as NodeOf<O>['attributes'] }],
  };
}

const comparisonRules: Rules<Comparison | Logic> = {
  equal: binary('equal', 'Equal', { compute: truth((a, b) => a === b), vjp: null }, toBool),
  less: binary('less', 'Less', { compute: truth((a, b) => a < b), vjp: null }, toBool),
  lessEqual: binary('lessEqual', 'LessOrEqual', { compute: truth((a, b) => a <= b), vjp: null }, toBool),
  greater: binary('greater', 'Greater', { compute: truth((a, b) => a > b), vjp: null }, toBool),
  greaterEqual: binary(
    'greaterEqual',
    'GreaterOrEqual',
    { compute: truth((a, b) => a >= b), vjp: null },
    toBool,
  ),
  and: logic('and', 'And', (a, b) => a !== 0 && b !== 0),
  or: logic('or', 'Or', (a, b) => a !== 0 || b !== 0),
  xor: logic('xor', 'Xor', (a, b) => a !== b),
};

// ---------------------------------------------------------------- the rest

const otherRules: Rules<'not' | 'cast' | 'where' | 'softplus' | 'erf'> = {
  not: {
    infer: ([x]) => [x!],
    emit: (e, inputs) => [e.node('Not', inputs)],
    vjp: null,
    fold: ([x]) => (x!.data as Uint8Array).map((v) => (v ? 0 : 1)),
    samples: [{ inputs: truthTable.slice(0, 1), attributes: none }],
  },
  cast: {
    infer: ([x], { dtype }) => [{ dtype, shape: x!.shape }],
    emit: (e, inputs, node) => [e.cast(inputs[0]!, node.attributes.dtype)],
    vjp: (node, [g]) => [
      g && isFloat(node.inputs[0]!.dtype) && isFloat(g.dtype) ? cast(g, node.inputs[0]!.dtype) : undefined,
    ],
    simplify: ([x], { dtype }) => (x!.dtype === dtype ? x : undefined),
    fold: ([x], _, type) =>
      type.dtype === 'float16' || x!.dtype === 'float16'
        ? undefined
        : convert(x!.data as ArrayLike<number | bigint>, type.dtype),
    samples: [{ inputs: [{ shape: [2, 3] }], attributes: { dtype: 'float64' } }],
  },
  where: {
    infer: ([c, a, b]) => {
      if (c!.dtype !== 'bool') throw new ShapeError(`where: the condition must be bool: ${showType(c!)}`);
      return [{ dtype: a!.dtype, shape: broadcastShapes('where', c!.shape, a!.shape, b!.shape) }];
    },
    emit: (e, inputs) => [e.node('Where', inputs)],
    vjp: (node, [g], needs) => {
      const [c, a, b] = node.inputs as [Value, Value, Value];
      return [
        undefined,
        g && needs[1] ? sumTo(where(c, g, 0), a.shape) : undefined,
        g && needs[2] ? sumTo(where(c, 0, g), b.shape) : undefined,
      ];
    },
    fold: ([c, a, b], _, type) => foldWhere(c!, a!, b!, type),
    samples: [
      {
        inputs: [
          { shape: [2, 3], fixed: { dtype: 'bool', shape: [2, 3], data: Uint8Array.of(1, 0, 0, 1, 1, 0) } },
          { shape: [2, 3] },
          { shape: [3] },
        ],
        attributes: none,
        smooth: true,
      },
    ],
  },
  softplus: {
    infer: ([x]) => [x!],
    emit: (e, [x], { inputs }) => {
      if (inputs[0]!.dtype === 'float32') return [e.node('Softplus', [x!])];
      // max(x, 0) + log(1 + exp(-|x|)): the runtime has no kernel for doubles.
      const tail = e.node('Exp', [e.node('Neg', [e.node('Abs', [x!])])]);
      const log1p = e.node('Log', [e.node('Add', [tail, e.scalar(1, inputs[0]!)])]);
      return [e.node('Add', [e.node('Relu', [x!]), log1p])];
    },
    vjp: (node, [g]) => [g && mul(g, sigmoid(node.inputs[0]!))],
    samples: unaryShapes.map((shape) => ({ inputs: [{ shape, ...signed }], attributes: none, smooth: true })),
  },
  erf: {
    infer: ([x]) => [x!],
    emit: (e, [x], { inputs }) =>
      inputs[0]!.dtype === 'float32' ? [e.node('Erf', [x!])] : [emitErfSeries(e, x!, inputs[0]!)],
    vjp: (node, [g]) => {
      const x = node.inputs[0]!;
      return [g && mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))];
    },
    samples: unaryShapes.map((shape) => ({ inputs: [{ shape, ...signed }], attributes: none, smooth: true })),
  },
};

/**
 * erf(x) = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!, for checks in float64, where the runtime has no kernel:
 * all terms have one sign, so that 60 of them give full precision up to |x| = 4.
 */
export function emitErfSeries(e: Emitter, x: string, type: Value): string {
  const twoSquares = e.node('Mul', [e.node('Mul', [x, x]), e.scalar(2, type)]);
  let sum = e.scalar(1, type);
  for (let n = 60; n > 0; n--) {
    const ratio = e.node('Mul', [twoSquares, e.scalar(1 / (2 * n + 1), type)]);
    sum = e.node('Add', [e.node('Mul', [sum, ratio]), e.scalar(1, type)]);
  }
  const decay = e.node('Exp', [e.node('Neg', [e.node('Mul', [x, x])])]);
  const scaled = e.node('Mul', [e.node('Mul', [x, e.scalar(2 / Math.sqrt(Math.PI), type)]), decay]);
  return e.node('Mul', [scaled, sum]);
}

export const elementwiseRules: Rules<Elementwise> = {
  ...unaryRules,
  ...arithmeticRules,
  ...comparisonRules,
  ...otherRules,
};

// ---------------------------------------------------------------- functions

function onFloat(op: Exclude<Unary, 'neg' | 'abs' | 'sign'> | 'softplus' | 'erf'): (x: Operand) => Value {
  return (x) => apply(op, [needFloat(op, lift(op, x)[0]!)], none);
}

function onAny(op: 'neg' | 'abs' | 'sign'): (x: Operand) => Value {
  return (x) => apply(op, lift(op, x), none);
}

function onPair(op: Arithmetic | Comparison | Logic): (a: Operand, b: Operand) => Value {
  return (a, b) => apply(op, lift(op, a, b), none);
}

export const neg = onAny('neg');
export const abs = onAny('abs');
/** -1, 0 or 1. */
export const sign = onAny('sign');
export const exp = onFloat('exp');
/** Natural logarithm. */
export const log = onFloat('log');
export const sqrt = onFloat('sqrt');
export const reciprocal = onFloat('reciprocal');
export const sin = onFloat('sin');
export const cos = onFloat('cos');
export const tanh = onFloat('tanh');
export const sigmoid = onFloat('sigmoid');
/** log(1 + exp(x)), without overflow. */
export const softplus = onFloat('softplus');
/** The error function. */
export const erf = onFloat('erf');
/** max(x, 0); its gradient at 0 is 0. */
export const relu = onFloat('relu');
export const floor = onFloat('floor');
export const ceil = onFloat('ceil');
/** To the nearest integer, halves to the even one. */
export const round = onFloat('round');

export const add = onPair('add');
export const sub = onPair('sub');
export const mul = onPair('mul');
/** Quotient; of integers, truncated. */
export const div = onPair('div');
export const pow = onPair('pow');
export const maximum = onPair('maximum');
export const minimum = onPair('minimum');
export const equal = onPair('equal');
export const less = onPair('less');
export const lessEqual = onPair('lessEqual');
export const greater = onPair('greater');
export const greaterEqual = onPair('greaterEqual');
export const and = onPair('and');
export const or = onPair('or');
export const xor = onPair('xor');

/** Negation of a boolean value. */
export function not(x: Value): Value {
  return apply('not', [x], none);
}

/** `a` where the condition holds, `b` elsewhere; all three broadcast. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  return apply('where', [condition, ...lift('where', a, b)], none);
}

/** The same numbers as another element type; towards zero when fractions are cut off. */
export function cast(x: Operand, dtype: DType): Value {
  return apply('cast', lift('cast', x), { dtype });
}
