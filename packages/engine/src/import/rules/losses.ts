import type { Value } from '../../graph/value.js';
import { constant } from '../../ops/apply.js';
import * as ops from '../../ops/index.js';
import type { Call, ImportRules } from '../call.js';

const { broadcastTo, div, equal, gather, gatherElements, mul, neg, sum, where } = ops;

/** The negative log-probability of each label, weighted by class; labels to ignore count for nothing. */
function negativeLogLikelihood(call: Call, logs: Value, labels: Value, weights: Value | undefined): Value {
  const ignored = call.attribute('ignore_index', 'int');
  const skip = ignored === undefined ? undefined : equal(labels, ignored);
  const safe = skip ? where(skip, 0, labels) : labels;
  const picked = ops.squeeze(gatherElements(logs, ops.expandDims(safe, 1), 1), 1);
  const own = weights ? gather(weights, safe) : broadcastTo(constant(1, logs.dtype), labels.shape);
  const weight = skip ? where(skip, 0, own) : own;
  const losses = neg(mul(picked, weight));
  const reduction = call.string('reduction', 'mean');
  switch (reduction) {
    case 'none':
      return losses;
    case 'sum':
      return sum(losses);
    case 'mean':
      return div(sum(losses), sum(weight));
    default:
      return call.fail(`unknown reduction: '${reduction}'`);
  }
}

export const lossRules: ImportRules = {
  NegativeLogLikelihoodLoss: (call) =>
    negativeLogLikelihood(call, call.input(0), call.input(1), call.optional(2)),
  SoftmaxCrossEntropyLoss: (call) => {
    const logs = ops.logSoftmax(call.input(0), 1);
    return [negativeLogLikelihood(call, logs, call.input(1), call.optional(2)), logs];
  },
};
