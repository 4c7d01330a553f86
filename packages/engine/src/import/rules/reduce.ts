import { normalizeAxis, sizeOf } from '../../graph/shape.js';
import type { Value } from '../../graph/value.js';
import * as ops from '../../ops/index.js';
import type { Call, ImportRule, ImportRules } from '../call.js';

const { abs, cast, log, mul, reshape, sqrt, sub } = ops;

function reduction(fn: (x: Value, options: ops.ReduceOptions) => Value): ImportRule {
  return (call) => {
    const x = call.input(0);
    const given = call.intsOrInput('axes', 1);
    const keepDims = call.flag('keepdims', true);
    if (given === undefined || given.length === 0) {
      return call.flag('noop_with_empty_axes') ? x : fn(x, { keepDims });
    }
    return fn(x, { axes: given, keepDims });
  };
}

/** The largest or smallest element's index, of equal ones the first or the last. */
function extreme(fn: typeof ops.argMax): ImportRule {
  return (call) => {
    const x = call.input(0);
    const axis = normalizeAxis(call.int('axis', 0), x.rank, call.node.opType);
    const keepDims = call.flag('keepdims', true);
    if (!call.flag('select_last_index')) return cast(fn(x, axis, { keepDims }), 'int64');
    const backwards = ops.slice(x, { axis, step: -1 });
    return sub(x.dim(axis) - 1, cast(fn(backwards, axis, { keepDims }), 'int64'));
  };
}

/** Before operator set 13 the axes from the given one on were taken together. */
function alongAxis(fn: (x: Value, axis: number) => Value): ImportRule {
  return (call) => {
    const x = call.input(0);
    if (call.version >= 13) return fn(x, normalizeAxis(call.int('axis', -1), x.rank, call.node.opType));
    const axis = normalizeAxis(call.int('axis', 1), x.rank, call.node.opType);
    const flat = reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
    return reshape(fn(flat, 1), x.shape);
  };
}

const spatial = (x: Value) => x.shape.map((_, i) => i).slice(2);

export const reduceRules: ImportRules = {
  ArgMax: extreme(ops.argMax),
  ArgMin: extreme(ops.argMin),
  CumSum: (call) =>
    ops.cumSum(call.input(0), call.knownInt(1), {
      exclusive: call.flag('exclusive'),
      reverse: call.flag('reverse'),
    }),
  GlobalAveragePool: (call) => {
    const x = call.input(0);
    return ops.mean(x, { axes: spatial(x), keepDims: true });
  },
  GlobalMaxPool: (call) => {
    const x = call.input(0);
    return ops.max(x, { axes: spatial(x), keepDims: true });
  },
  Hardmax: alongAxis((x, axis) => {
    const best = ops.argMax(x, axis, { keepDims: true });
    const along = x.shape.map((d, i) => (i === axis ? d : 1));
    return cast(ops.equal(reshape(ops.iota(x.shape[axis]!, best.dtype), along), best), x.dtype);
  }),
  LogSoftmax: alongAxis(ops.logSoftmax),
  LpNormalization: (call) => {
    const x = call.input(0);
    return ops.div(x, ops.norm(x, { axes: call.int('axis', -1), keepDims: true, order: order(call) }));
  },
  ReduceL1: reduction((x, o) => ops.sum(abs(x), o)),
  ReduceL2: reduction((x, o) => sqrt(ops.sum(mul(x, x), o))),
  ReduceLogSum: reduction((x, o) => log(ops.sum(x, o))),
  ReduceLogSumExp: reduction(ops.logSumExp),
  ReduceMax: reduction(ops.max),
  ReduceMean: reduction(ops.mean),
  ReduceMin: reduction(ops.min),
  ReduceProd: reduction(ops.prod),
  ReduceSum: reduction(ops.sum),
  ReduceSumSquare: reduction((x, o) => ops.sum(mul(x, x), o)),
  Softmax: alongAxis(ops.softmax),
  TopK: (call) => {
    const k = call.version < 10 ? call.int('k') : call.knownInt(1);
    const axis = call.int('axis', -1);
    const { values, indices } = ops.topK(call.input(0), k, { axis, largest: call.flag('largest', true) });
    return [values, cast(indices, 'int64')];
  },
};

function order(call: Call): 1 | 2 {
  const p = call.int('p', 2);
  return p === 1 || p === 2 ? p : call.fail(`order of the norm must be 1 or 2: ${p}`);
}
