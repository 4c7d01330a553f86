import type { Value } from '../graph/value.js';
import { apply, lift, needFloat, type Operand } from './apply.js';
import type { OpAttributes } from './attributes.js';
import { add, emitErfSeries, erf, exp, greater, mul, sigmoid, sub, where } from './elementwise.js';
import type { Emitter, Rules } from './rule.js';

type Activation = 'gelu' | 'quickGelu' | 'leakyRelu' | 'elu';

const around = { shape: [3, 4], range: [-3, 3] as const };
const kinked = { ...around, avoid: [0] };

/** sqrt(2 / pi) and the cubic coefficient of the tanh form of GELU. */
const [tanhScale, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];

export const activationRules: Rules<Activation> = {
  gelu: {
    infer: ([x]) => [x!],
    emit: (e, [x], { inputs, attributes: { approximate } }) => {
      const type = inputs[0]!;
      if (type.dtype !== 'float64') return [e.node('Gelu', [x!], { approximate })];
      return [approximate === 'tanh' ? geluTanh(e, x!, type) : geluErf(e, x!, type)];
    },
    vjp: (node, [g]) => {
      const [x, y] = [node.inputs[0]!, node.outputs[0]!];
      const slope = node.attributes.approximate === 'tanh' ? geluTanhSlope(x, y) : geluErfSlope(x);
      return [g && mul(g, slope)];
    },
    samples: [
      { inputs: [around], attributes: { approximate: 'none' }, smooth: true },
      { inputs: [around], attributes: { approximate: 'tanh' }, smooth: true },
    ],
  },
  quickGelu: {
    infer: ([x]) => [x!],
    emit: (e, [x], { inputs, attributes: { alpha } }) => {
      const type = inputs[0]!;
      if (type.dtype === 'float64')
        return [overOnePlusExp(e, x!, e.node('Mul', [x!, e.scalar(-alpha, type)]), type)];
      if (!e.portable) return [e.node('QuickGelu', [x!], { alpha: { float: alpha } }, 'com.microsoft')];
      const scaled = alpha === 1 ? x! : e.node('Mul', [x!, e.scalar(alpha, type)]);
      return [e.node('Mul', [x!, e.node('Sigmoid', [scaled])])];
    },
    // s + a y (1 - s) with s = sigmoid(a x).
    vjp: (node, [g]) => {
      const [x, { alpha }] = [node.inputs[0]!, node.attributes];
      const [s, scaled] = [sigmoid(mul(x, alpha)), mul(node.outputs[0]!, alpha)];
      return [g && mul(g, add(scaled, mul(s, sub(1, scaled))))];
    },
    samples: [
      { inputs: [around], attributes: { alpha: 1 }, smooth: true },
      { inputs: [around], attributes: { alpha: 1.5 }, smooth: true },
    ],
  },
  leakyRelu: {
    infer: ([x]) => [x!],
    emit: (e, [x], { inputs, attributes: { alpha } }) => {
      const type = inputs[0]!;
      if (type.dtype !== 'float64') return [e.node('LeakyRelu', [x!], { alpha: { float: alpha } })];
      const below = e.node('Mul', [x!, e.scalar(alpha, type)]);
      return [e.node('Where', [e.node('Greater', [x!, e.scalar(0, type)]), x!, below])];
    },
    vjp: (node, [g]) => [g && where(greater(node.inputs[0]!, 0), g, mul(g, node.attributes.alpha))],
    samples: [{ inputs: [kinked], attributes: { alpha: 0.1 }, smooth: true }],
  },
  elu: {
    infer: ([x]) => [x!],
    emit: (e, [x], { inputs, attributes: { alpha } }) => {
      const type = inputs[0]!;
      if (type.dtype !== 'float64') return [e.node('Elu', [x!], { alpha: { float: alpha } })];
      const tail = e.node('Sub', [e.node('Exp', [x!]), e.scalar(1, type)]);
      const below = e.node('Mul', [tail, e.scalar(alpha, type)]);
      return [e.node('Where', [e.node('Greater', [x!, e.scalar(0, type)]), x!, below])];
    },
    vjp: (node, [g]) => [
      g && where(greater(node.inputs[0]!, 0), g, mul(g, add(node.outputs[0]!, node.attributes.alpha))),
    ],
    samples: [{ inputs: [kinked], attributes: { alpha: 1 }, smooth: true }],
  },
};

// The emissions in float64, for which the runtime has no kernels; they avoid products with Sigmoid, which it would fuse.

function geluErf(e: Emitter, x: string, type: Value): string {
  const distribution = emitErfSeries(e, e.node('Mul', [x, e.scalar(Math.SQRT1_2, type)]), type);
  const twice = e.node('Mul', [x, e.node('Add', [distribution, e.scalar(1, type)])]);
  return e.node('Mul', [twice, e.scalar(0.5, type)]);
}

function geluTanh(e: Emitter, x: string, type: Value): string {
  const square = e.node('Mul', [x, x]);
  const cubed = e.node('Mul', [square, e.scalar(-2 * tanhScale * cubic, type)]);
  const exponent = e.node('Mul', [x, e.node('Sub', [cubed, e.scalar(2 * tanhScale, type)])]);
  return overOnePlusExp(e, x, exponent, type);
}

/** x / (1 + exp(exponent)). */
function overOnePlusExp(e: Emitter, x: string, exponent: string, type: Value): string {
  return e.node('Div', [x, e.node('Add', [e.node('Exp', [exponent]), e.scalar(1, type)])]);
}

/** Phi(x) + x phi(x), the normal distribution and its density, whose factor goes into the exponent. */
function geluErfSlope(x: Value): Value {
  const z = mul(x, Math.SQRT1_2);
  const density = exp(sub(-0.5 * Math.log(2 * Math.PI), mul(z, z)));
  return add(mul(add(erf(z), 1), 0.5), mul(x, density));
}

/** With y = x s, s = sigmoid(2 u(x)): s + 2 u'(x) y (1 - s). */
function geluTanhSlope(x: Value, y: Value): Value {
  const square = mul(x, x);
  const s = sigmoid(mul(x, add(mul(square, 2 * tanhScale * cubic), 2 * tanhScale)));
  const twiceSlope = add(mul(square, 6 * tanhScale * cubic), 2 * tanhScale);
  return add(s, mul(mul(twiceSlope, y), sub(1, s)));
}

function activation<O extends Activation>(op: O, x: Operand, attributes: OpAttributes[O]): Value {
  return apply(op, [needFloat(op, lift(op, x)[0]!)], attributes);
}

/**
 * x Phi(x), with Phi the distribution function of the standard normal (Hendrycks and Gimpel 2016).
 *
 * @param approximate `tanh` for 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), which GPT-2 and its kin were trained with
 */
export function gelu(x: Operand, approximate: 'none' | 'tanh' = 'none'): Value {
  return activation('gelu', x, { approximate });
}

/** x sigmoid(x), also known as swish (Elfwing et al. 2017; Ramachandran et al. 2017). */
export function silu(x: Operand): Value {
  return activation('quickGelu', x, { alpha: 1 });
}

/** x sigmoid(1.702 x), the approximation of GELU that CLIP was trained with (Hendrycks and Gimpel 2016). */
export function quickGelu(x: Operand): Value {
  return activation('quickGelu', x, { alpha: 1.702 });
}

/** x where positive, `alpha` x elsewhere (Maas et al. 2013). */
export function leakyRelu(x: Operand, alpha = 0.01): Value {
  return activation('leakyRelu', x, { alpha });
}

/** x where positive, `alpha` (exp(x) - 1) elsewhere (Clevert et al. 2015). */
export function elu(x: Operand, alpha = 1): Value {
  return activation('elu', x, { alpha });
}
