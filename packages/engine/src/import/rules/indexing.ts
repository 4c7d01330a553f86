import { ShapeError } from '../../graph/errors.js';
import { normalizeAxis, showShape, sizeOf, stridesOf } from '../../graph/shape.js';
import { tensor } from '../../graph/tensor.js';
import type { Value } from '../../graph/value.js';
import { constant } from '../../ops/apply.js';
import * as ops from '../../ops/index.js';
import type { Call, ImportRules } from '../call.js';

const { add, broadcastTo, cast, equal, gather, less, mul, reshape, sum, where } = ops;

export const indexingRules: ImportRules = {
  Compress: (call) => {
    const x = call.input(0);
    const chosen = call.known(1).flatMap((keep, i) => (keep ? [i] : []));
    const at = constant(tensor(Int32Array.from(chosen)));
    const axis = call.attribute('axis', 'int');
    return axis === undefined ? gather(reshape(x, [-1]), at) : gather(x, at, axis);
  },
  Gather: (call) => gather(call.input(0), call.input(1), call.int('axis', 0)),
  GatherElements: (call) => ops.gatherElements(call.input(0), call.input(1), call.int('axis', 0)),
  GatherND: (call) => {
    const [x, at, batchAxes] = [call.input(0), call.input(1), call.int('batch_dims', 0)];
    const depth = at.dim(-1);
    const inner = x.shape.slice(batchAxes + depth);
    const indexed = x.shape.slice(0, batchAxes + depth);
    if (indexed.length !== batchAxes + depth) {
      throw new ShapeError(
        `GatherND: ${depth} indices for ${showShape(x.shape)} behind ${batchAxes} batch axes`,
      );
    }
    const rows = flatIndices(at, x.shape.slice(batchAxes, batchAxes + depth));
    const whole = add(rows, batchOffsets(rows, indexed, batchAxes));
    return gather(reshape(x, [sizeOf(indexed), ...inner]), whole);
  },
  OneHot: (call) => {
    const [at, values] = [call.input(0), call.input(2)];
    const depth = call.knownInt(1);
    const axis = normalizeAxis(call.int('axis', -1), at.rank + 1, 'OneHot');
    const whole = wrapped(cast(at, 'int64'), depth);
    const along = [...at.shape.slice(0, axis), 1, ...at.shape.slice(axis)].map(() => 1);
    along[axis] = depth;
    const hot = equal(ops.expandDims(whole, axis), reshape(ops.iota(depth, 'int64'), along));
    const [off, on] = ops.split(values, [1, 1], 0) as [Value, Value];
    return where(hot, reshape(on, []), reshape(off, []));
  },
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: (call) => {
    const [x, at, updates] = [call.input(0), call.input(1), call.input(2)];
    const depth = at.dim(-1);
    const [indexed, inner] = [x.shape.slice(0, depth), x.shape.slice(depth)];
    const rows = reshape(flatIndices(at, indexed), [-1, ...inner.map(() => 1)]);
    const spread = broadcastTo(rows, [rows.dim(0), ...inner]);
    const flat = reshape(x, [sizeOf(indexed), ...inner]);
    return reshape(scattered(call, flat, spread, reshape(updates, spread.shape), 0), x.shape);
  },
};

function scatterElements(call: Call): Value {
  return scattered(call, call.input(0), call.input(1), call.input(2), call.int('axis', 0));
}

function scattered(call: Call, x: Value, at: Value, updates: Value, axis: number): Value {
  const reduction = call.string('reduction', 'none');
  if (reduction === 'none') return ops.scatterElements(x, at, updates, axis);
  if (reduction === 'add') return ops.scatterElementsAdd(x, at, updates, axis);
  return call.fail(`reduction that is not supported: '${reduction}'`);
}

/** Indices that may count from the end as such that don't. */
function wrapped(at: Value, size: number): Value {
  return where(less(at, 0), add(at, size), at);
}

/** Positions in a flattened shape from one index an axis: [..., axes] to [...]. */
function flatIndices(at: Value, shape: readonly number[]): Value {
  const row = (values: readonly number[]) => constant(tensor(BigInt64Array.from(values, BigInt)));
  const index = cast(at, 'int64');
  const whole = where(less(index, 0), add(index, row(shape)), index);
  return sum(mul(whole, row(stridesOf(shape))), { axes: -1 });
}

/** What the leading batch axes of `rows` add to positions within a batch of a shape. */
function batchOffsets(rows: Value, shape: readonly number[], batchAxes: number): Value {
  const batch = shape.slice(0, batchAxes);
  const step = sizeOf(shape.slice(batchAxes));
  const numbers = mul(ops.iota(sizeOf(batch), 'int64'), step);
  return reshape(numbers, [...batch, ...rows.shape.slice(batchAxes).map(() => 1)]);
}
