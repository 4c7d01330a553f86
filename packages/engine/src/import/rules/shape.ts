import { arrayTypes } from '../../graph/dtype.js';
import { ShapeError } from '../../graph/errors.js';
import { broadcastShapes, normalizeAxis, type Shape, showShape, sizeOf } from '../../graph/shape.js';
import { type Tensor, tensor, toNumbers } from '../../graph/tensor.js';
import type { Value } from '../../graph/value.js';
import { apply, constant } from '../../ops/apply.js';
import * as ops from '../../ops/index.js';
import type { Call, ImportRules } from '../call.js';
import { knownTensor } from '../known.js';
import { dtypeOf } from '../tensors.js';

const { add, broadcastTo, cast, concat, expandDims, iota, mul, reshape, squeeze, transpose } = ops;

/** A shape or the like, as exporters compute with it: int64, known while tracing. */
function int64s(values: readonly number[], shape: Shape = [values.length]): Value {
  return constant(tensor(BigInt64Array.from(values, BigInt), shape));
}

export const shapeRules: ImportRules = {
  Concat: (call) => concat(call.all(), call.int('axis')),
  Constant: (call) => {
    const { attributes } = call.node;
    const value = call.held('value');
    if (value) return value;
    if (attributes.value_float) return constant(call.float('value_float'));
    if (attributes.value_floats) {
      return constant(tensor(Float32Array.from(call.attribute('value_floats', 'floats') ?? [])));
    }
    if (attributes.value_int) return int64s([call.int('value_int')], []);
    if (attributes.value_ints) return int64s(call.ints('value_ints') ?? []);
    return call.fail('constant of a kind that is not supported (text or sparse)');
  },
  ConstantOfShape: (call) => {
    const value = call.tensor('value') ?? tensor(0, [1]);
    if (value.data.length !== 1) call.fail(`value must be one number: it has ${value.data.length}`);
    return broadcastTo(constant({ ...value, shape: [] }), sizes(call, call.knownInts(0)));
  },
  DepthToSpace: (call) => {
    const [x, block] = [call.input(0), call.int('blocksize')];
    const [n, c, h, w] = fourAxes(x);
    const depth = c / (block * block);
    const columnsFirst = call.string('mode', 'DCR') === 'CRD';
    const parts = columnsFirst ? [n, depth, block, block, h, w] : [n, block, block, depth, h, w];
    const order = columnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
    return reshape(transpose(reshape(x, parts), order), [n, depth, h * block, w * block]);
  },
  Expand: (call) => {
    const x = call.input(0);
    return broadcastTo(x, broadcastShapes('Expand', x.shape, sizes(call, call.knownInts(1))));
  },
  EyeLike: (call) => {
    const x = call.input(0);
    const [rows, columns] = x.shape as [number, number];
    const type = call.attribute('dtype', 'int');
    const ones = ops.equal(expandDims(add(iota(rows), call.int('k', 0)), 1), iota(columns));
    return cast(ones, type === undefined ? x.dtype : dtypeOf(type));
  },
  Flatten: (call) => {
    const x = call.input(0);
    const axis = call.int('axis', 1);
    const at = axis === x.rank ? axis : normalizeAxis(axis, x.rank, 'Flatten');
    return reshape(x, [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))]);
  },
  NonZero: (call) =>
    nonZero(knownTensor(call.input(0)) ?? call.fail('the input must be known while tracing')),
  Pad: (call) => {
    const x = call.input(0);
    const pads = call.intsOrInput('pads', 1) ?? call.fail("attribute missing: 'pads'");
    const axes = (call.optional(3) ? call.knownInts(3) : x.shape.map((_, i) => i)).map((a) =>
      normalizeAxis(a, x.rank, 'Pad'),
    );
    if (pads.length !== 2 * axes.length) call.fail(`two widths an axis are needed: ${showShape(pads)}`);
    const width = (offset: number) =>
      x.shape.map((_, axis) => (axes.includes(axis) ? pads[axes.indexOf(axis) + offset]! : 0));
    const value = call.optional(2) ? call.knownNumber(2) : call.float('value', 0);
    return padded(call, x, width(0), width(axes.length), call.string('mode', 'constant'), value);
  },
  Range: (call) => {
    const [start, limit, delta] = [call.knownNumber(0), call.knownNumber(1), call.knownNumber(2)];
    const size = Math.max(0, Math.ceil((limit - start) / delta));
    if (!Number.isSafeInteger(size)) call.fail(`endless range: ${start} to ${limit} by ${delta}`);
    const steps = iota(size, call.input(0).dtype);
    const scaled = delta === 1 ? steps : mul(steps, delta);
    return start === 0 ? scaled : add(scaled, start);
  },
  Reshape: (call) => {
    const x = call.input(0);
    const wanted = call.intsOrInput('shape', 1) ?? call.fail("input missing: 'shape'");
    const shape = call.flag('allowzero')
      ? wanted
      : wanted.map((d, i) => (d === 0 ? (x.shape[i] ?? call.fail(`no axis ${i} to take a size from`)) : d));
    if (shape.some((d) => d < -1) || shape.filter((d) => d === -1).length > 1) {
      throw new ShapeError(`Reshape: sizes must not be negative, but for one -1: ${showShape(shape)}`);
    }
    return reshape(x, shape);
  },
  Shape: (call) => {
    const { shape } = call.input(0);
    return int64s(shape.slice(call.int('start', 0), call.attribute('end', 'int')));
  },
  Size: (call) => int64s([sizeOf(call.input(0).shape)], []),
  Slice: (call) => {
    const x = call.input(0);
    const list = (name: string, input: number) =>
      call.version < 10 ? call.ints(name) : call.optional(input) && call.knownInts(input);
    const starts = list('starts', 1) ?? call.fail("'starts' missing");
    const ends = list('ends', 2) ?? call.fail("'ends' missing");
    const axes = (list('axes', 3) ?? starts.map((_, i) => i)).map((a) => normalizeAxis(a, x.rank, 'Slice'));
    const steps = (call.version < 10 ? undefined : list('steps', 4)) ?? starts.map(() => 1);
    if ([ends, axes, steps].some((l) => l.length !== starts.length))
      call.fail("'starts', 'ends', 'axes' and 'steps' differ in length");
    if (steps.includes(0)) call.fail('a step must not be 0');
    const clamp = (i: number, low: number, high: number) => Math.min(Math.max(i, low), high);
    const bounds = starts.map((start, i) => {
      const [size, step] = [x.shape[axes[i]!]!, steps[i]!];
      const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
      const wrap = (at: number) => clamp(at < 0 ? at + size : at, low, high);
      return [step > 0 ? wrap(start) : Math.max(wrap(start), 0), wrap(ends[i]!)] as const;
    });
    return apply('slice', [x], {
      starts: bounds.map(([s]) => s),
      ends: bounds.map(([, e]) => e),
      axes,
      steps,
    });
  },
  SpaceToDepth: (call) => {
    const [x, block] = [call.input(0), call.int('blocksize')];
    const [n, c, h, w] = fourAxes(x);
    const parts = reshape(x, [n, c, h / block, block, w / block, block]);
    return reshape(transpose(parts, [0, 3, 5, 1, 2, 4]), [n, c * block * block, h / block, w / block]);
  },
  Split: (call) => {
    const x = call.input(0);
    const axis = normalizeAxis(call.int('axis', 0), x.rank, 'Split');
    const count = call.node.outputs.length;
    const given = call.intsOrInput('split', 1);
    if (given && given.length !== count) call.fail(`${count} outputs for ${given.length} pieces`);
    const size = x.shape[axis]!;
    // Pieces that do not divide evenly, since operator set 18: the last one is smaller.
    const piece = Math.ceil(size / count);
    const even = Array.from({ length: count }, (_, i) => Math.max(0, Math.min(piece, size - i * piece)));
    const sizes = given ?? even;
    if (!knownTensor(x)) return ops.split(x, sizes, axis);
    // Slices are computed while tracing, where pieces of a shape are needed.
    const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((a, b) => a + b, 0));
    if (ends.at(-1) !== size) call.fail(`pieces ${showShape(sizes)} of an axis of ${size}`);
    return ends.map((end, i) => ops.slice(x, { axis, start: end - sizes[i]!, end }));
  },
  Squeeze: (call) => squeeze(call.input(0), call.intsOrInput('axes', 1)),
  Tile: (call) => ops.tile(call.input(0), sizes(call, call.knownInts(1))),
  Transpose: (call) => transpose(call.input(0), call.ints('perm')),
  Unsqueeze: (call) => {
    const x = call.input(0);
    const axes = call.intsOrInput('axes', 1) ?? call.fail("'axes' missing");
    const rank = x.rank + axes.length;
    const at = axes.map((a) => normalizeAxis(a, rank, 'Unsqueeze'));
    if (new Set(at).size !== at.length) call.fail(`axes repeat: ${showShape(axes)}`);
    const rest = [...x.shape];
    return reshape(
      x,
      Array.from({ length: rank }, (_, i) => (at.includes(i) ? 1 : rest.shift()!)),
    );
  },
};

function sizes(call: Call, shape: readonly number[]): readonly number[] {
  if (shape.some((d) => !Number.isSafeInteger(d) || d < 0))
    call.fail(`sizes must not be negative: ${showShape(shape)}`);
  return shape;
}

function fourAxes(x: Value): readonly [number, number, number, number] {
  if (x.rank !== 4) throw new ShapeError(`[n, channels, height, width] is needed: ${showShape(x.shape)}`);
  return x.shape as [number, number, number, number];
}

/** A border of the given widths; negative ones cut off. */
function padded(
  call: Call,
  x: Value,
  before: readonly number[],
  after: readonly number[],
  mode: string,
  value: number,
): Value {
  const cut = x.shape.reduce((v, d, axis) => {
    const [start, end] = [Math.max(-before[axis]!, 0), d - Math.max(-after[axis]!, 0)];
    return ops.slice(v, { axis, start, end });
  }, x);
  const widths = (list: readonly number[]) => list.map((n) => Math.max(n, 0));
  if (mode === 'constant') return ops.pad(cut, widths(before), widths(after), value);
  return cut.shape.reduce((v, d, axis) => {
    const [low, high] = [widths(before)[axis]!, widths(after)[axis]!];
    if (low === 0 && high === 0) return v;
    return ops.gather(v, borderIndices(call, mode, low, d, high), axis);
  }, cut);
}

/** Which element stands at each place of an axis with a border. */
function borderIndices(call: Call, mode: string, low: number, size: number, high: number): Value {
  const at = ops.sub(iota(low + size + high), low);
  switch (mode) {
    case 'edge':
      return ops.minimum(ops.maximum(at, 0), size - 1);
    case 'wrap':
      return ops.mod(at, size);
    case 'reflect': {
      if (Math.max(low, high) >= size)
        call.fail(`a border of ${Math.max(low, high)} can't mirror an axis of ${size}`);
      const fromLast = ops.sub(size - 1, ops.abs(at));
      return ops.sub(size - 1, ops.abs(fromLast));
    }
    default:
      return call.fail(`unknown mode of padding: '${mode}'`);
  }
}

/** Positions of what is not zero, one column each: [rank, count]. */
function nonZero(t: Tensor): Value {
  const found = toNumbers(t).flatMap((v, i) => (v === 0 ? [] : [i]));
  const rows = t.shape.map((size, axis) => {
    const inner = sizeOf(t.shape.slice(axis + 1));
    return found.map((i) => Math.floor(i / inner) % size);
  });
  const data = new arrayTypes.int64(rows.length * found.length);
  rows.flat().forEach((v, i) => {
    data[i] = BigInt(v);
  });
  return constant(tensor(data, [rows.length, found.length]));
}
