import { ShapeError } from '../graph/errors.js';
import { normalizeAxis, type Shape, sameShape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { apply, applyAll, constant, isOp, needFloat } from './apply.js';
import { scatterElementsAdd } from './elements.js';
import { add, exp, mul, sub } from './elementwise.js';
import { indices, needIndices } from './indexing.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import type { Rule, Rules, Sample } from './rule.js';
import { broadcastTo, expandDims } from './shape.js';

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

/**
 * The scalar product of y and its cotangent along an axis. In attention the cotangent is the product of the output's cotangent
 * with the values; then it is as well the scalar product of output and cotangent, over a head's width instead of all keys (Dao et
 * al. 2022, appendix B.2).
 */
function inner(y: Value, g: Value, axis: number): Value {
  const { node } = g;
  if (axis === y.rank - 1 && isOp(node, 'matmul') && node.attributes.transB && !node.attributes.transA) {
    const [dOut, values] = node.inputs as [Value, Value];
    if (dOut.dim(-1) < y.dim(-1)) {
      const out = matmul(y, values, { alpha: node.attributes.alpha });
      if (sameShape(out.shape, dOut.shape)) return sum(mul(dOut, out), { axes: -1, keepDims: true });
    }
  }
  return sum(mul(g, y), { axes: axis, keepDims: true });
}

export const softmaxRules: Rules<'softmax' | 'logSoftmax' | 'softmaxCrossEntropy'> = {
  softmax: rule('Softmax', (y, g, axis) => mul(y, sub(g, inner(y, g, axis)))),
  logSoftmax: rule('LogSoftmax', logSoftmaxVjp),
  // -log softmax(x)[label], and log softmax(x): of these the gradient, softmax - one-hot, is made without a second softmax.
  softmaxCrossEntropy: {
    infer: ([x, labels]) => {
      needIndices('softmaxCrossEntropy', labels!);
      if (x!.rank === 0 || !sameShape(labels!.shape, x!.shape.slice(0, -1))) {
        throw new ShapeError(
          `softmaxCrossEntropy: one label a row is needed: ${showShape(labels!.shape)} for ${showShape(x!.shape)}`,
        );
      }
      return [{ dtype: x!.dtype, shape: labels!.shape }, x!];
    },
    emit: (e, [x, labels]) => {
      const logs = e.node('LogSoftmax', [x!], { axis: -1 });
      const at = e.node('Unsqueeze', [labels!, e.int64s([-1])]);
      const picked = e.node('GatherElements', [logs, at], { axis: -1 });
      return [e.node('Neg', [e.node('Squeeze', [picked, e.int64s([-1])])]), logs];
    },
    vjp: (node, [g, gLogs]) => {
      const [labels, logs] = [node.inputs[1]!, node.outputs[1]!];
      const fromLogs = gLogs && logSoftmaxVjp(logs, gLogs, logs.rank - 1);
      if (!g) return [fromLogs];
      // The factor comes last, where a product with a matrix takes it for nothing when it is one number.
      const at = expandDims(labels, -1);
      const residual = scatterElementsAdd(exp(logs), at, broadcastTo(constant(-1, logs.dtype), at.shape));
      const dx = mul(residual, expandDims(g, -1));
      return [fromLogs ? add(dx, fromLogs) : dx];
    },
    samples: [
      { inputs: [{ shape: [3, 4] }, indices([3, 0, 2], [3])], attributes: {}, smooth: true },
      { inputs: [{ shape: [2, 2, 3] }, indices([1, 0, 2, 2], [2, 2])], attributes: {}, smooth: true },
    ],
  },
};

function logSoftmaxVjp(y: Value, g: Value, axis: number): Value {
  return sub(g, mul(exp(y), sum(g, { axes: axis, keepDims: true })));
}

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

/**
 * Cross-entropy of each row of logits against one class: -log softmax(logits)[label].
 *
 * @param logits [..., classes]
 * @param labels [...] integers in 0..classes-1
 * @returns `loss` [...], and `logProbabilities` [..., classes], which are computed on the way
 */
export function softmaxCrossEntropy(
  logits: Value,
  labels: Value,
): { readonly loss: Value; readonly logProbabilities: Value } {
  const outputs = applyAll('softmaxCrossEntropy', [needFloat('softmaxCrossEntropy', logits), labels], {});
  return { loss: outputs[0]!, logProbabilities: outputs[1]! };
}
