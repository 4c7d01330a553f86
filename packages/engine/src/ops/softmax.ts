import { normalizeAxis, type Shape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { apply, needFloat } from './apply.js';
import { exp, mul, sub } from './elementwise.js';
import { sum } from './reduce.js';
import type { Rule, Rules, Sample } from './rule.js';

const cases: readonly (readonly [Shape, number])[] = [
  [[2, 3], 1],
  [[3, 2, 2], 0],
  [[4], 0],
  [[2, 1], 1],
  [[0, 3], 1],
];

function rule<O extends 'softmax' | 'logSoftmax'>(
  onnx: string,
  vjp: (y: Value, g: Value, axis: number) => Value,
): Rule<O> {
  return {
    infer: ([x]) => [x!],
    emit: (e, inputs, { attributes }) => [e.node(onnx, inputs, { axis: attributes.axis })],
    vjp: (node, [g]) => [g && vjp(node.outputs[0]!, g, node.attributes.axis)],
    samples: cases.map(
      ([shape, axis]): Sample<O> => ({ inputs: [{ shape }], attributes: { axis }, smooth: true }),
    ),
  };
}

export const softmaxRules: Rules<'softmax' | 'logSoftmax'> = {
  softmax: rule('Softmax', (y, g, axis) => mul(y, sub(g, sum(mul(g, y), { axes: axis, keepDims: true })))),
  logSoftmax: rule('LogSoftmax', (y, g, axis) => sub(g, mul(exp(y), sum(g, { axes: axis, keepDims: true })))),
};

/** Exponentials normalised to sum 1 along an axis. */
export function softmax(x: Value, axis = -1): Value {
  return apply('softmax', [needFloat('softmax', x)], { axis: normalizeAxis(axis, x.rank, 'softmax') });
}

/** Logarithm of the softmax, computed without overflow. */
export function logSoftmax(x: Value, axis = -1): Value {
  return apply('logSoftmax', [needFloat('logSoftmax', x)], {
    axis: normalizeAxis(axis, x.rank, 'logSoftmax'),
  });
}
