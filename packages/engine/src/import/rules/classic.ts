import { tensor } from '../../graph/tensor.js';
import type { Value } from '../../graph/value.js';
import { constant } from '../../ops/apply.js';
import * as ops from '../../ops/index.js';
import type { Call, ImportRules } from '../call.js';

const { abs, add, argMax, div, gather, matmul, max, mul, norm, reshape, sub } = ops;

/** x W' + b, with the weights that the node holds. */
function linear(call: Call): Value {
  const product = matmul(call.input(0), call.held('coefficients')!, { transB: true });
  const intercepts = call.held('intercepts');
  return intercepts ? add(product, intercepts) : product;
}

function transformed(call: Call, scores: Value): Value {
  const transform = call.string('post_transform', 'NONE');
  switch (transform) {
    case 'NONE':
      return scores;
    case 'LOGISTIC':
      return ops.sigmoid(scores);
    case 'SOFTMAX':
      return ops.softmax(scores);
    default:
      return call.fail(`transform that is not supported: '${transform}'`);
  }
}

/** Numbers of an attribute, as a row for all examples or one for each feature. */
function row(call: Call, name: string, missing: number): Value {
  return constant(tensor(Float32Array.from(call.attribute(name, 'floats') ?? [missing])));
}

/** Models and preprocessing of scikit-learn, as skl2onnx writes them. */
export const classicRules: ImportRules = {
  'ai.onnx.ml.ArrayFeatureExtractor': (call) => {
    const [x, at] = [call.input(0), call.input(1)];
    return gather(x.rank === 1 ? reshape(x, [1, -1]) : x, reshape(at, [-1]), -1);
  },
  'ai.onnx.ml.LinearClassifier': (call) => {
    const scores = linear(call);
    const classes = call.ints('classlabels_ints') ?? [];
    if (scores.dim(-1) < 2) call.fail('a classifier of one row of coefficients is not supported');
    const labels = constant(tensor(BigInt64Array.from(classes, BigInt)));
    // Labels that are text have no counterpart.
    return [classes.length > 0 ? gather(labels, argMax(scores)) : undefined, transformed(call, scores)];
  },
  'ai.onnx.ml.LinearRegressor': (call) => transformed(call, linear(call)),
  'ai.onnx.ml.Normalizer': (call) => {
    const x = call.input(0);
    const kind = call.string('norm', 'MAX');
    const along = { axes: -1, keepDims: true };
    if (kind === 'MAX') return div(x, max(abs(x), along));
    return div(x, norm(x, { ...along, order: kind === 'L1' ? 1 : 2 }));
  },
  'ai.onnx.ml.Scaler': (call) => mul(sub(call.input(0), row(call, 'offset', 0)), row(call, 'scale', 1)),
};
