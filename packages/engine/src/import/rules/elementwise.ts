import { isFloat } from '../../graph/dtype.js';
import type { Value } from '../../graph/value.js';
import { apply, constant, type Operand } from '../../ops/apply.js';
import * as ops from '../../ops/index.js';
import type { Call, ImportRule, ImportRules } from '../call.js';
import { knownTensor } from '../known.js';
import { dtypeOf } from '../tensors.js';

const { abs, add, cast, div, equal, exp, log, maximum, minimum, mul, relu, sqrt, sub, where } = ops;

const unary =
  (fn: (x: Value) => Value): ImportRule =>
  (call) =>
    fn(call.input(0));

const binary =
  (fn: (a: Value, b: Value) => Value): ImportRule =>
  (call) =>
    fn(call.input(0), call.input(1));

const variadic =
  (fn: (a: Value, b: Value) => Value): ImportRule =>
  (call) =>
    call.all().reduce(fn);

/** Operators of ONNX that are ours by another name, and those that others make up. */
const simple: ImportRules = {
  Abs: unary(ops.abs),
  Acosh: unary((x) => log(add(x, sqrt(sub(mul(x, x), 1))))),
  Asinh: unary((x) => mul(ops.sign(x), log(add(abs(x), sqrt(add(mul(x, x), 1)))))),
  Atanh: unary((x) => mul(sub(ops.log1p(x), ops.log1p(ops.neg(x))), 0.5)),
  Ceil: unary(ops.ceil),
  Cos: unary(ops.cos),
  Cosh: unary((x) => mul(add(exp(x), exp(ops.neg(x))), 0.5)),
  Erf: unary(ops.erf),
  Exp: unary(ops.exp),
  Floor: unary(ops.floor),
  HardSwish: unary((x) => mul(x, ops.clip(add(mul(x, 1 / 6), 0.5), 0, 1))),
  Identity: unary((x) => x),
  IsNaN: unary(ops.isNan),
  Log: unary(ops.log),
  Mish: unary((x) => mul(x, ops.tanh(ops.softplus(x)))),
  Neg: unary(ops.neg),
  Not: unary(ops.not),
  Reciprocal: unary(ops.reciprocal),
  Relu: unary((x) => (isFloat(x.dtype) ? relu(x) : maximum(x, 0))),
  Round: unary(ops.round),
  Sigmoid: unary(ops.sigmoid),
  Sign: unary(ops.sign),
  Sin: unary(ops.sin),
  Sinh: unary((x) => mul(sub(exp(x), exp(ops.neg(x))), 0.5)),
  Softplus: unary(ops.softplus),
  Softsign: unary((x) => div(x, add(abs(x), 1))),
  Sqrt: unary(ops.sqrt),
  Tan: unary((x) => div(ops.sin(x), ops.cos(x))),
  Tanh: unary(ops.tanh),

  Add: binary(add),
  And: binary(ops.and),
  Div: binary(div),
  Equal: binary(equal),
  Greater: binary(ops.greater),
  GreaterOrEqual: binary(ops.greaterEqual),
  Less: binary(ops.less),
  LessOrEqual: binary(ops.lessEqual),
  Mul: binary(mul),
  Or: binary(ops.or),
  PRelu: binary((x, slope) => add(maximum(x, 0), mul(slope, minimum(x, 0)))),
  Sub: binary(sub),
  Xor: binary(ops.xor),

  Max: variadic(maximum),
  Mean: (call) =>
    mul(
      call.all().reduce((a, b) => add(a, b)),
      1 / call.inputs.length,
    ),
  Min: variadic(minimum),
  Sum: variadic(add),
};

/** Operators with attributes, optional inputs, or differences between operator sets. */
const particular: ImportRules = {
  Cast: (call) => cast(call.input(0), dtypeOf(call.int('to'))),
  CastLike: (call) => cast(call.input(0), call.input(1).dtype),
  Celu: (call) => {
    const alpha = call.float('alpha', 1);
    return mul(ops.elu(mul(call.input(0), 1 / alpha)), alpha);
  },
  Clip: (call) => {
    const x = call.input(0);
    const low = bound(call, 'min', 1);
    const high = bound(call, 'max', 2);
    if (typeof low === 'number' && typeof high === 'number' && low <= high && isFloat(x.dtype)) {
      return ops.clip(x, low, high);
    }
    const raised = low === undefined ? x : maximum(x, low);
    return high === undefined ? raised : minimum(raised, high);
  },
  // Evaluation: every element is kept.
  Dropout: (call) => {
    const x = call.input(0);
    return [x, ops.broadcastTo(constant(1, 'bool'), x.shape)];
  },
  Elu: (call) => ops.elu(call.input(0), call.float('alpha', 1)),
  Gelu: (call) => {
    const approximate = call.string('approximate', 'none');
    if (approximate === 'none' || approximate === 'tanh') return ops.gelu(call.input(0), approximate);
    return call.fail(`unknown form of GELU: '${approximate}'`);
  },
  HardSigmoid: (call) =>
    ops.clip(add(mul(call.input(0), call.float('alpha', 0.2)), call.float('beta', 0.5)), 0, 1),
  IsInf: (call) => {
    const x = call.input(0);
    const signs = [
      ...(call.flag('detect_positive', true) ? [equal(x, Infinity)] : []),
      ...(call.flag('detect_negative', true) ? [equal(x, -Infinity)] : []),
    ];
    return signs.length === 0 ? ops.less(x, x) : signs.reduce((a, b) => ops.or(a, b));
  },
  LeakyRelu: (call) => ops.leakyRelu(call.input(0), call.float('alpha', 0.01)),
  Mod: (call) => {
    const [a, b] = [call.input(0), call.input(1)];
    if (!call.flag('fmod')) return ops.mod(a, b);
    // The remainder with the dividend's sign; quotients of integers are truncated as they are.
    const quotient = div(a, b);
    const whole = isFloat(a.dtype) ? mul(ops.sign(quotient), ops.floor(abs(quotient))) : quotient;
    return sub(a, mul(whole, b));
  },
  Pow: (call) => {
    const [base, exponent] = [call.input(0), call.input(1)];
    if (isFloat(base.dtype)) return ops.pow(base, cast(exponent, base.dtype));
    return cast(ops.pow(cast(base, 'float32'), cast(exponent, 'float32')), base.dtype);
  },
  Selu: (call) => {
    const [alpha, gamma] = [call.float('alpha', 1.6732632423543772), call.float('gamma', 1.0507009873554805)];
    return mul(ops.elu(call.input(0), alpha), gamma);
  },
  Shrink: (call) => {
    const [x, bias, lambda] = [call.input(0), call.float('bias', 0), call.float('lambd', 0.5)];
    return where(ops.less(x, -lambda), add(x, bias), where(ops.greater(x, lambda), sub(x, bias), 0));
  },
  Swish: (call) => sigmoidGate(call.input(0), call.float('alpha', 1)),
  ThresholdedRelu: (call) => {
    const x = call.input(0);
    return where(ops.greater(x, call.float('alpha', 1)), x, 0);
  },
  Trilu: (call) => {
    const diagonal = call.optional(1) ? call.knownInt(1) : 0;
    return (call.flag('upper', true) ? ops.triu : ops.tril)(call.input(0), diagonal);
  },
  Where: (call) => where(call.input(0), call.input(1), call.input(2)),

  'com.microsoft.BiasGelu': (call) => ops.gelu(add(call.input(0), call.input(1))),
  'com.microsoft.FastGelu': (call) => {
    const bias = call.optional(1);
    return ops.gelu(bias ? add(call.input(0), bias) : call.input(0), 'tanh');
  },
  'com.microsoft.Gelu': (call) => ops.gelu(call.input(0)),
  'com.microsoft.QuickGelu': (call) => sigmoidGate(call.input(0), call.float('alpha', 1.702)),
};

/** x sigmoid(alpha x). */
function sigmoidGate(x: Value, alpha: number): Value {
  return apply('quickGelu', [x], { alpha });
}

/** A bound of `Clip`: an attribute before operator set 11, an input since; a number where it is known. */
function bound(call: Call, name: string, input: number): Operand | undefined {
  if (call.version < 11) return call.attribute(name, 'float');
  const value = call.optional(input);
  const known = value && knownTensor(value);
  return known?.data.length === 1 ? Number(known.data[0]) : value;
}

export const elementwiseRules: ImportRules = { ...simple, ...particular };
