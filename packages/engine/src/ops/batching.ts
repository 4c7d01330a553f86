import { type Shape, sizeOf } from '../graph/shape.js';
import type { Node, Value } from '../graph/value.js';
import { apply, applyAll, constant } from './apply.js';
import type { OpAttributes } from './attributes.js';
import { add, less, mul, sub, where } from './elementwise.js';
import { matmul } from './matmul.js';
import type { NodeOf, Op } from './rule.js';
import { broadcastTo, reshape, slice, stack, transpose } from './shape.js';
import { iota } from './sources.js';

/** An operand of a node that is computed for several lanes at once: with the lanes along a first axis of its own, or shared by all. */
export interface LaneOperand {
  readonly value: Value;
  readonly stacked: boolean;
}

/**
 * Computes a node for all lanes. The node is that of a single lane; `operands` are what its inputs have become, at least one of
 * them stacked. Returns the outputs with the lanes along a new first axis.
 */
export type BatchingRule<O extends Op> = (
  node: NodeOf<O>,
  operands: readonly LaneOperand[],
  lanes: number,
) => readonly Value[];

/** Operators that lanes never reach, or that take keys, which are not stacked. */
type Unbatched = 'input' | 'constant' | 'iota' | 'foldKey' | 'draw';
type Batched = Exclude<Op, Unbatched>;

/** The node's operator on other operands. */
function run<O extends Op>(
  node: NodeOf<O>,
  inputs: readonly Value[],
  attributes: OpAttributes[O] = node.attributes,
): readonly Value[] {
  const op = node.op as O;
  return node.outputs.length === 1 ? [apply(op, inputs, attributes)] : applyAll(op, inputs, attributes);
}

const shapeOf = (node: Node, input = 0): Shape => node.inputs[input]!.shape;
const after = (axes: readonly number[]) => axes.map((a) => a + 1);
const ones = (count: number) => new Array<number>(count).fill(1);

/** The operand for each lane, whether it was stacked or not. */
export function stackLanes({ value, stacked }: LaneOperand, lanes: number): Value {
  return stacked ? value : broadcastTo(reshape(value, [1, ...value.shape]), [lanes, ...value.shape]);
}

/** Axes of size 1 behind the lanes, until a lane has the given rank. Shared operands broadcast by themselves. */
function aligned({ value, stacked }: LaneOperand, rank: number): Value {
  if (!stacked) return value;
  const own = value.shape.slice(1);
  return reshape(value, [value.shape[0]!, ...ones(rank - own.length), ...own]);
}

/** Operators that broadcast: operands are brought to one rank. */
function elementwise<O extends Op>(node: NodeOf<O>, operands: readonly LaneOperand[]): readonly Value[] {
  const rank = Math.max(...node.inputs.map((v) => v.rank));
  return run(
    node,
    operands.map((x) => aligned(x, rank)),
  );
}

/** Operators whose operands must all be stacked, with attributes that count axes from the front. */
function shifted<O extends Op>(
  shift: (attributes: OpAttributes[O], lanes: number) => OpAttributes[O],
): BatchingRule<O> {
  return (node, operands, lanes) =>
    run(
      node,
      operands.map((x) => stackLanes(x, lanes)),
      shift(node.attributes, lanes),
    );
}

/** Operators of which nothing changes with an axis in front. */
const samePlaces = <O extends Op>() => shifted<O>((attributes) => attributes);
type With<A> = { [O in Op]: OpAttributes[O] extends A ? O : never }[Op];
const axisShifted = <O extends With<{ readonly axis: number }>>() =>
  shifted<O>((attributes) => ({ ...attributes, axis: attributes.axis + 1 }));
const axesShifted = <O extends With<{ readonly axes: readonly number[] }>>() =>
  shifted<O>((attributes) => ({ ...attributes, axes: after(attributes.axes) }));

/** Each lane by itself: for operators that have no form for several. */
export function unrolled<O extends Op>(
  node: NodeOf<O>,
  operands: readonly LaneOperand[],
  lanes: number,
): readonly Value[] {
  const each = Array.from({ length: lanes }, (_, lane) =>
    run(
      node,
      operands.map((x) => laneOf(x, lane)),
    ),
  );
  return node.outputs.map((_, i) => stack(each.map((outputs) => outputs[i]!)));
}

/** One lane's operand. */
export function laneOf({ value, stacked }: LaneOperand, lane: number): Value {
  if (!stacked) return value;
  return reshape(slice(value, { axis: 0, start: lane, end: lane + 1 }), value.shape.slice(1));
}

// Products

function batchedMatmul(
  node: NodeOf<'matmul'>,
  [a, b]: readonly LaneOperand[],
  lanes: number,
): readonly Value[] {
  const { transA } = node.attributes;
  const [left, right] = [shapeOf(node, 0), shapeOf(node, 1)];
  // A stack of matrices against each lane's own matrix: one product of the stack's rows for each lane.
  if (right.length === 2 && left.length > 2 && b!.stacked && !transA) {
    const rows = [sizeOf(left.slice(0, -1)), left.at(-1)!];
    const flat = reshape(a!.value, a!.stacked ? [lanes, ...rows] : rows);
    return [reshape(matmul(flat, b!.value, node.attributes), [lanes, ...node.outputs[0]!.shape])];
  }
  // Shared columns for the rows of all lanes: one product.
  if (right.length === 2 && a!.stacked && !b!.stacked && !transA) {
    const rows = reshape(a!.value, [lanes * sizeOf(left.slice(0, -1)), left.at(-1)!]);
    return [reshape(matmul(rows, b!.value, node.attributes), [lanes, ...node.outputs[0]!.shape])];
  }
  return elementwise(node, [a!, b!]);
}

// Convolution: lanes with kernels of their own are groups of one convolution, others more images.

/** [lanes, n, channels, ...] as [n, lanes * channels, ...]. */
function lanesInside(x: Value): Value {
  const [lanes, n, channels, ...size] = x.shape as [number, number, number, ...number[]];
  const order = [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)];
  return reshape(transpose(x, order), [n, lanes * channels, ...size]);
}

/** [n, lanes * channels, ...] as [lanes, n, channels, ...]. */
function lanesOutside(x: Value, lanes: number): Value {
  const [n, channels, ...size] = x.shape as [number, number, ...number[]];
  const split = reshape(x, [n, lanes, channels / lanes, ...size]);
  return transpose(split, [1, 0, ...split.shape.slice(2).map((_, i) => i + 2)]);
}

/** [lanes, n, ...] as [lanes * n, ...], and back. */
const joined = (x: Value) => reshape(x, [x.shape[0]! * x.shape[1]!, ...x.shape.slice(2)]);
const parted = (x: Value, lanes: number) => reshape(x, [lanes, x.shape[0]! / lanes, ...x.shape.slice(1)]);

function batchedConv<O extends 'conv' | 'convInput'>(
  node: NodeOf<O>,
  [x, w, bias]: readonly LaneOperand[],
  lanes: number,
): readonly Value[] {
  if (!w!.stacked && !bias?.stacked) {
    const [y] = run(node, [joined(x!.value), w!.value, ...(bias ? [bias.value] : [])]);
    return [parted(y!, lanes)];
  }
  const biases = bias ? [reshape(stackLanes(bias, lanes), [-1])] : [];
  if (node.op === 'conv' && !x!.stacked && node.attributes.groups === 1) {
    const [y] = run(node, [x!.value, joined(stackLanes(w!, lanes)), ...biases]);
    return [lanesOutside(y!, lanes)];
  }
  const [image, kernel] = [lanesInside(stackLanes(x!, lanes)), joined(stackLanes(w!, lanes))];
  const attributes = { ...node.attributes, groups: node.attributes.groups * lanes };
  return [lanesOutside(run(node, [image, kernel, ...biases], attributes)[0]!, lanes)];
}

function batchedConvWeight(
  node: NodeOf<'convWeight'>,
  [x, g]: readonly LaneOperand[],
  lanes: number,
): readonly Value[] {
  const inputs = [lanesInside(stackLanes(x!, lanes)), lanesInside(stackLanes(g!, lanes))];
  const attributes = { ...node.attributes, groups: node.attributes.groups * lanes };
  return [parted(run(node, inputs, attributes)[0]!, lanes)];
}

/** Operators that treat images one by one. */
function imageByImage<O extends Op>(
  node: NodeOf<O>,
  [x]: readonly LaneOperand[],
  lanes: number,
): readonly Value[] {
  return [parted(run(node, [joined(x!.value)])[0]!, lanes)];
}

// Normalisation

/** Lanes as channels: vectors follow, and so do the statistics. */
function channelByChannel<O extends 'batchNorm' | 'channelAffine'>(
  node: NodeOf<O>,
  [x, ...vectors]: readonly LaneOperand[],
  lanes: number,
): readonly Value[] {
  const inputs = [
    lanesInside(stackLanes(x!, lanes)),
    ...vectors.map((v) => reshape(stackLanes(v, lanes), [-1])),
  ];
  const [y, ...statistics] = run(node, inputs);
  return [lanesOutside(y!, lanes), ...statistics.map((s) => reshape(s, [lanes, -1]))];
}

/** The operators take one scale and bias: those of lanes are applied after an operator with neutral ones. */
function normalized<O extends 'layerNorm' | 'rmsNorm'>(
  node: NodeOf<O>,
  [x, ...vectors]: readonly LaneOperand[],
  lanes: number,
): readonly Value[] {
  const operand = stackLanes(x!, lanes);
  if (vectors.every((v) => !v.stacked)) return run(node, [operand, ...vectors.map((v) => v.value)]);
  const rank = shapeOf(node).length;
  const [scale, bias] = vectors.map((v) => aligned(v, rank));
  const neutral = broadcastTo(constant(1, operand.dtype), shapeOf(node).slice(-1));
  const [plain, ...statistics] = applyAll(node.op as O, [operand, neutral], node.attributes);
  const scaled = mul(plain!, scale!);
  return [bias ? add(scaled, bias) : scaled, ...statistics];
}

// Indexing: tables of lanes below each other are one table.

/** With one axis brought to the place behind the lanes. */
function axisFirst(x: Value, axis: number): Value {
  const rest = x.shape.map((_, i) => i).filter((i) => i > 0 && i !== axis + 1);
  return transpose(x, [0, axis + 1, ...rest]);
}

/** Indices of lanes as indices into the tables below each other. */
function offset(at: Value, size: number): Value {
  const lanes = at.shape[0]!;
  const firsts = reshape(mul(iota(lanes, at.dtype), size), [lanes, ...ones(at.rank - 1)]);
  return add(where(less(at, 0), add(at, size), at), firsts);
}

function batchedGather(node: NodeOf<'gather'>, [x, at]: readonly LaneOperand[]): readonly Value[] {
  const { axis } = node.attributes;
  if (!at!.stacked) return run(node, [x!.value, at!.value], { axis: axis + 1 });
  const before = Array.from({ length: axis }, (_, i) => i);
  const rank = shapeOf(node).length;
  const places = shapeOf(node, 1).length;
  if (!x!.stacked) {
    // [...before, lanes, ...at, ...behind]
    const [y] = run(node, [x!.value, at!.value]);
    const others = y!.shape.map((_, i) => i).filter((i) => i !== axis);
    return [transpose(y!, [axis, ...others])];
  }
  const table = joined(axisFirst(x!.value, axis));
  // [lanes, ...at, ...before, ...behind]
  const y = apply('gather', [table, offset(at!.value, shapeOf(node)[axis]!)], { axis: 0 });
  const at1 = Array.from({ length: places }, (_, i) => 1 + i);
  const moved = before.map((i) => 1 + places + i);
  const behind = Array.from({ length: rank - 1 - axis }, (_, i) => 1 + places + axis + i);
  return [transpose(y, [0, ...moved, ...at1, ...behind])];
}

function batchedScatterAdd(
  node: NodeOf<'scatterAdd'>,
  [x, at]: readonly LaneOperand[],
  lanes: number,
): readonly Value[] {
  const { axis, size } = node.attributes;
  if (!at!.stacked) return run(node, [x!.value, at!.value], { axis: axis + 1, size });
  const rows = joined(axisFirst(stackLanes(x!, lanes), axis));
  const index = reshape(offset(at!.value, size), [-1]);
  const y = parted(apply('scatterAdd', [rows, index], { axis: 0, size: lanes * size }), lanes);
  const back = y.shape.map((_, i) => i).filter((i) => i !== 1);
  back.splice(axis + 1, 0, 1);
  return [transpose(y, back)];
}

/** How each operator is computed for several lanes at once. An operator without a rule does not compile. */
export const batchingRules: { readonly [O in Batched]: BatchingRule<O> } = {
  leaf: elementwise,
  stopGradient: elementwise,
  straightThrough: samePlaces(),
  checkpoint: samePlaces(),
  after: samePlaces(),
  neg: elementwise,
  abs: elementwise,
  sign: elementwise,
  exp: elementwise,
  log: elementwise,
  sqrt: elementwise,
  reciprocal: elementwise,
  sin: elementwise,
  cos: elementwise,
  tanh: elementwise,
  sigmoid: elementwise,
  softplus: elementwise,
  erf: elementwise,
  relu: elementwise,
  heaviside: elementwise,
  floor: elementwise,
  ceil: elementwise,
  round: elementwise,
  not: elementwise,
  cast: elementwise,
  log1p: elementwise,
  expm1: elementwise,
  rsqrt: elementwise,
  isNan: elementwise,
  clip: elementwise,
  gelu: elementwise,
  quickGelu: elementwise,
  leakyRelu: elementwise,
  elu: elementwise,
  add: elementwise,
  sub: elementwise,
  mul: elementwise,
  div: elementwise,
  pow: elementwise,
  maximum: elementwise,
  minimum: elementwise,
  equal: elementwise,
  less: elementwise,
  lessEqual: elementwise,
  greater: elementwise,
  greaterEqual: elementwise,
  and: elementwise,
  or: elementwise,
  xor: elementwise,
  where: elementwise,
  mod: elementwise,
  matmul: batchedMatmul,
  conv: batchedConv,
  convInput: batchedConv,
  convWeight: batchedConvWeight,
  maxPool: imageByImage,
  // Indices are counted within a lane.
  maxPoolIndex: (node, operands, lanes) => {
    const [at] = imageByImage(node, operands, lanes);
    const firsts = mul(iota(lanes, at!.dtype), sizeOf(shapeOf(node)));
    return [sub(at!, reshape(firsts, [lanes, 1, 1, 1, 1]))];
  },
  averagePool: imageByImage,
  upsample: imageByImage,
  batchNorm: channelByChannel,
  channelAffine: channelByChannel,
  reduceSum: axesShifted(),
  reduceMean: axesShifted(),
  reduceMax: axesShifted(),
  reduceMin: axesShifted(),
  reduceProd: axesShifted(),
  // One kernel for all steps, for one set of weights.
  gru: unrolled,
  lstm: unrolled,
  cachedAttention: unrolled,
  softmax: axisShifted(),
  logSoftmax: axisShifted(),
  softmaxCrossEntropy: samePlaces(),
  layerNorm: normalized,
  rmsNorm: normalized,
  cumSum: axisShifted(),
  argMax: axisShifted(),
  argMin: axisShifted(),
  topK: axisShifted(),
  quantileIndex: samePlaces(),
  reshape: shifted(({ shape }, lanes) => ({ shape: [lanes, ...shape] })),
  transpose: shifted(({ permutation }) => ({ permutation: [0, ...after(permutation)] })),
  broadcastTo: (node, [x], lanes) => {
    const { shape } = node.attributes;
    return [broadcastTo(aligned(x!, shape.length), [lanes, ...shape])];
  },
  slice: axesShifted(),
  concat: axisShifted(),
  split: axisShifted(),
  pad: shifted(({ before, after, value }) => ({ before: [0, ...before], after: [0, ...after], value })),
  trilu: samePlaces(),
  gather: batchedGather,
  scatterAdd: batchedScatterAdd,
  gatherElements: axisShifted(),
  scatterElements: axisShifted(),
};
