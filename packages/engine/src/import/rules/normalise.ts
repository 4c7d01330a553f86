import { ShapeError } from '../../graph/errors.js';
import { normalizeAxis, showShape, sizeOf } from '../../graph/shape.js';
import type { Value } from '../../graph/value.js';
import * as ops from '../../ops/index.js';
import type { Call, ImportRule, ImportRules } from '../call.js';

const { add, broadcastTo, div, gather, mean, mul, reshape, sqrt, sub } = ops;

/** Normalisation of a value whose trailing axes from `axis` on are taken together, as our operators have one axis. */
function overTrailing(
  x: Value,
  axis: number,
  vectors: readonly (Value | undefined)[],
  fn: (x: Value, vectors: readonly (Value | undefined)[]) => Value,
): Value {
  const trailing = x.shape.slice(axis);
  const width = sizeOf(trailing);
  const flat = vectors.map((v) => v && reshape(broadcastTo(v, trailing), [width]));
  return reshape(fn(reshape(x, [...x.shape.slice(0, axis), width]), flat), x.shape);
}

function layerNormalized(call: Call, x: Value, scale: Value, bias: Value | undefined, axis: number): Value {
  const epsilon = call.float('epsilon', 1e-5);
  return overTrailing(x, axis, [scale, bias], (v, [s, b]) => ops.layerNorm(v, s!, b, epsilon));
}

function rmsNormalized(call: Call, x: Value, scale: Value, axis: number): Value {
  const epsilon = call.float('epsilon', 1e-5);
  return overTrailing(x, axis, [scale], (v, [s]) => ops.rmsNorm(v, s!, epsilon));
}

/** The statistics that LayerNormalization gives beside its result: mean and 1 / deviation. */
function statistics(call: Call, x: Value, axis: number): Value[] {
  const axes = x.shape.map((_, i) => i).slice(axis);
  const variance = ops.variance(x, { axes, keepDims: true });
  return [mean(x, { axes, keepDims: true }), ops.rsqrt(add(variance, call.float('epsilon', 1e-5)))];
}

const rootMeanSquare: ImportRule = (call) => {
  const x = call.input(0);
  const axis = normalizeAxis(call.int('axis', -1), x.rank, call.node.opType);
  return rmsNormalized(call, x, call.input(1), axis);
};

/** Input and skip connection added; the sum is also the fourth output. */
function skipped(call: Call, bias: Value | undefined): Value {
  const total = add(call.input(0), call.input(1));
  return bias ? add(total, bias) : total;
}

export const normaliseRules: ImportRules = {
  // Evaluation: statistics are those of the file, whatever the node's mode of training says.
  BatchNormalization: (call) =>
    ops.batchNormInference(
      call.input(0),
      { scale: call.input(1), bias: call.input(2), epsilon: call.float('epsilon', 1e-5) },
      { mean: call.input(3), variance: call.input(4) },
    ),
  GroupNormalization: (call) => {
    const [x, groups] = [call.input(0), call.int('num_groups')];
    const channels = x.dim(1);
    // Before operator set 21, scale and bias were one number a group.
    const byChannel = (v: Value) =>
      call.version >= 21
        ? v
        : reshape(broadcastTo(ops.expandDims(v, 1), [groups, channels / groups]), [channels]);
    return ops.groupNorm(x, groups, {
      scale: byChannel(call.input(1)),
      bias: byChannel(call.input(2)),
      epsilon: call.float('epsilon', 1e-5),
    });
  },
  InstanceNormalization: (call) =>
    ops.instanceNorm(call.input(0), {
      scale: call.input(1),
      bias: call.input(2),
      epsilon: call.float('epsilon', 1e-5),
    }),
  LayerNormalization: (call) => {
    const x = call.input(0);
    const axis = normalizeAxis(call.int('axis', -1), x.rank, 'LayerNormalization');
    const y = layerNormalized(call, x, call.input(1), call.optional(2), axis);
    return call.wants(1) || call.wants(2) ? [y, ...statistics(call, x, axis)] : y;
  },
  // x / (bias + alpha / size * sum of the squares of neighbouring channels) ^ beta
  LRN: (call) => {
    const [x, size] = [call.input(0), call.int('size')];
    if (size < 1 || size > 2 * x.dim(1)) call.fail(`size must be 1 to twice the channels: ${size}`);
    const before = Math.floor((size - 1) / 2);
    const border = (width: number) => x.shape.map((_, axis) => (axis === 1 ? width : 0));
    const squares = ops.pad(mul(x, x), border(before), border(size - 1 - before));
    const shifted = Array.from({ length: size }, (_, i) =>
      ops.slice(squares, { axis: 1, start: i, end: i + x.dim(1) }),
    );
    const total = shifted.reduce((a, b) => add(a, b));
    const scale = add(mul(total, call.float('alpha', 1e-4) / size), call.float('bias', 1));
    return div(x, ops.pow(scale, call.float('beta', 0.75)));
  },
  MeanVarianceNormalization: (call) => {
    const x = call.input(0);
    const axes = call.ints('axes') ?? [0, 2, 3];
    const deviation = add(sqrt(ops.variance(x, { axes, keepDims: true })), 1e-9);
    return div(sub(x, mean(x, { axes, keepDims: true })), deviation);
  },
  RMSNormalization: rootMeanSquare,
  SimplifiedLayerNormalization: rootMeanSquare,
  'com.microsoft.SimplifiedLayerNormalization': rootMeanSquare,
  'com.microsoft.SkipLayerNormalization': (call) => {
    const total = skipped(call, call.optional(4));
    const y = layerNormalized(call, total, call.input(2), call.optional(3), total.rank - 1);
    return [y, undefined, undefined, total];
  },
  'com.microsoft.SkipSimplifiedLayerNormalization': (call) => {
    const total = skipped(call, call.optional(3));
    return [rmsNormalized(call, total, call.input(2), total.rank - 1), undefined, undefined, total];
  },
  'com.microsoft.EmbedLayerNormalization': (call) => {
    const ids = call.input(0);
    const [words, positions, segments] = [call.input(2), call.input(3), call.optional(4)];
    if (ids.rank !== 2) throw new ShapeError(`ids of [batch, tokens] are needed: ${showShape(ids.shape)}`);
    const places = call.optional(8);
    const parts = [
      gather(words, ids),
      places ? gather(positions, places) : ops.slice(positions, { axis: 0, end: ids.dim(1) }),
      ...(segments ? [gather(segments, call.input(1))] : []),
    ];
    const total = parts.reduce((a, b) => add(a, b));
    return [layerNormalized(call, total, call.input(5), call.input(6), total.rank - 1), undefined, total];
  },
};
