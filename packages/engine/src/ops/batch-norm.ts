import { ShapeError } from '../graph/errors.js';
import { type Shape, sameShape, showShape, sizeOf } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { apply, applyAll, constant, needFloat, showType } from './apply.js';
import { add, div, mul, sqrt, sub } from './elementwise.js';
import { layerNorm } from './normalization.js';
import { sum } from './reduce.js';
import type { Emitter, Rules, Sample } from './rule.js';
import { broadcastTo, reshape } from './shape.js';

const shapes: readonly Shape[] = [
  [3, 2, 2, 2],
  [4, 3],
  [1, 2, 5],
];

export const batchNormRules: Rules<'batchNorm' | 'channelAffine'> = {
  // Outputs: normalized, mean and variance of each channel.
  batchNorm: {
    infer: ([x, scale, bias]) => {
      needChannels('batchNorm', x!, scale!, bias!);
      if (sizeOf(x!.shape) === 0) {
        throw new ShapeError(`batchNorm: an empty batch has no mean: ${showShape(x!.shape)}`);
      }
      const statistic = { dtype: x!.dtype, shape: [x!.shape[1]!] };
      return [x!, statistic, statistic];
    },
    emit: (e, inputs, { inputs: [x], attributes: { epsilon } }) => {
      const attributes = { training_mode: 1, momentum: { float: 0 }, epsilon: { float: epsilon } };
      const running = runningStatistics(e, inputs[0]!, x!);
      return e.nodeWithOutputs('BatchNormalization', [...inputs, ...running], 3, attributes);
    },
    // With h = (x - mean) / sqrt(variance + epsilon) and averages over all but the channels, the gradient of the operand is
    // scale / sqrt(variance + epsilon) * (g - avg(g) - h * avg(g * h)): Ioffe and Szegedy 2015, section 3. It is linear in g
    // and x for each channel, and the statistics' own cotangents change no more than its coefficients.
    vjp: (
      { inputs: [x, scale], outputs: [, mean, variance], attributes: { epsilon } },
      [g, gMean, gVariance],
    ) => {
      const share = 1 / (sizeOf(x!.shape) / x!.shape[1]!);
      const centred = sub(x!, alongChannels(mean!, x!));
      const fromStatistics = (slope: Value | undefined, shift: Value | undefined): Value | undefined =>
        slope
          ? channelAffine(centred, slope, shift ?? zerosOf(mean!))
          : shift && broadcastTo(alongChannels(shift, x!), x!.shape);
      const shiftOfMean = gMean && mul(gMean, share);
      const slopeOfVariance = gVariance && mul(gVariance, 2 * share);
      if (!g) return [fromStatistics(slopeOfVariance, shiftOfMean)];
      const inverse = div(1, sqrt(add(variance!, epsilon)));
      const axes = x!.shape.flatMap((_, i) => (i === 1 ? [] : [i]));
      const dBias = sum(g, { axes });
      const dScale = mul(sum(mul(g, centred), { axes }), inverse);
      const factor = mul(scale!, inverse);
      const slope = mul(mul(mul(factor, inverse), dScale), -share);
      const shift = mul(mul(factor, dBias), -share);
      const total = (a: Value, b: Value | undefined) => (b ? add(a, b) : a);
      const rest = channelAffine(centred, total(slope, slopeOfVariance), total(shift, shiftOfMean));
      return [add(mul(g, alongChannels(factor, x!)), rest), dScale, dBias];
    },
    samples: shapes.map(
      (shape): Sample<'batchNorm'> => ({
        inputs: [{ shape }, { shape: [shape[1]!] }, { shape: [shape[1]!] }],
        attributes: { epsilon: 0.125 },
        smooth: true,
      }),
    ),
  },
  // One pass over the operand, where a product and a sum would be two.
  channelAffine: {
    infer: ([x, scale, shift]) => {
      needChannels('channelAffine', x!, scale!, shift!);
      return [x!];
    },
    emit: (e, inputs, { inputs: [x] }) => [
      e.node('BatchNormalization', [...inputs, ...unitStatistics(e, x!)], { epsilon: { float: 0 } }),
    ],
    vjp: ({ inputs: [x, scale] }, [g], needs) => {
      if (!g) return [];
      const axes = x!.shape.flatMap((_, i) => (i === 1 ? [] : [i]));
      return [
        needs[0] ? mul(g, alongChannels(scale!, x!)) : undefined,
        needs[1] ? sum(mul(g, x!), { axes }) : undefined,
        needs[2] ? sum(g, { axes }) : undefined,
      ];
    },
    samples: shapes.map(
      (shape): Sample<'channelAffine'> => ({
        inputs: [{ shape }, { shape: [shape[1]!] }, { shape: [shape[1]!] }],
        attributes: {},
        smooth: true,
      }),
    ),
  },
};

function needChannels(where: string, x: Value, ...vectors: readonly Value[]): void {
  needFloat(where, x);
  if (x.rank < 2) throw new ShapeError(`${where}: [n, channels, ...] is needed: ${showType(x)}`);
  for (const v of vectors) {
    if (v.dtype !== x.dtype || !sameShape(v.shape, [x.shape[1]!])) {
      throw new ShapeError(
        `${where}: one number for each of ${x.shape[1]} channels is needed: ${showType(v)} for ${showType(x)}`,
      );
    }
  }
}

/**
 * Running statistics that the node's momentum of 0 forgets. The runtime writes the new ones over them, even where they are
 * constants that other nodes share, so that they are made at each run, from the operand.
 */
function runningStatistics(e: Emitter, operand: string, x: Value): [string, string] {
  const others = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]));
  const fill = (n: number) => e.int64s(new Array<number>(others.length).fill(n));
  const corner = e.node('Slice', [operand, fill(0), fill(1), e.int64s(others)]);
  const some = e.node('Reshape', [corner, e.int64s([x.shape[1]!])]);
  return [e.node('Neg', [some]), e.node('Abs', [some])];
}

/** A mean of zero and a variance of one for each channel. */
function unitStatistics(e: Emitter, x: Value): [string, string] {
  const size = e.int64s([x.shape[1]!]);
  return [e.node('Expand', [e.scalar(0, x), size]), e.node('Expand', [e.scalar(1, x), size])];
}

const alongChannels = (v: Value, x: Value) => reshape(v, [-1, ...new Array<number>(x.rank - 2).fill(1)]);
const zerosOf = (v: Value) => broadcastTo(constant(0, v.dtype), v.shape);

/** x * scale + shift with one scale and one shift for each channel of [n, channels, ...]. */
export function channelAffine(x: Value, scale: Value, shift: Value): Value {
  return apply('channelAffine', [x, scale, shift], {});
}

/** What batch normalization learns: [channels] each. */
export interface ChannelNorm {
  readonly scale: Value;
  readonly bias: Value;
  /** Added to the variance; 1e-5 when left out. */
  readonly epsilon?: number;
}

/**
 * Batch normalization in training (Ioffe and Szegedy 2015): each channel is brought to mean 0 and variance 1 over all other
 * axes, then scaled and shifted.
 *
 * @param x [n, channels, ...]
 * @returns the normalized batch, and the mean and population variance [channels] from which running averages are made
 */
export function batchNorm(
  x: Value,
  { scale, bias, epsilon = 1e-5 }: ChannelNorm,
): { readonly y: Value; readonly mean: Value; readonly variance: Value } {
  const [y, mean, variance] = applyAll('batchNorm', [x, scale, bias], { epsilon });
  return { y: y!, mean: mean!, variance: variance! };
}

/** Batch normalization by given statistics [channels], as after training. */
export function batchNormInference(
  x: Value,
  { scale, bias, epsilon = 1e-5 }: ChannelNorm,
  { mean, variance }: { readonly mean: Value; readonly variance: Value },
): Value {
  const factor = div(scale, sqrt(add(variance, epsilon)));
  return channelAffine(x, factor, sub(bias, mul(mean, factor)));
}

/**
 * Group normalization (Wu and He 2018): within each example, groups of neighbouring channels are brought to mean 0 and
 * variance 1, then each channel is scaled and shifted. As many groups as channels: instance normalization.
 *
 * @param x [n, channels, ...]
 * @throws {ShapeError} when the channels do not divide into the groups
 */
export function groupNorm(x: Value, groups: number, { scale, bias, epsilon = 1e-5 }: ChannelNorm): Value {
  const [n, channels] = x.shape as readonly [number, number];
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ShapeError(`groupNorm: channels of ${showShape(x.shape)} do not divide into ${groups} groups`);
  }
  const width = sizeOf(x.shape.slice(1)) / groups;
  const rows = reshape(x, [n, groups, width]);
  const normalized = layerNorm(rows, broadcastTo(constant(1, x.dtype), [width]), undefined, epsilon);
  return channelAffine(reshape(normalized, x.shape), scale, bias);
}

/** Instance normalization (Ulyanov et al. 2016): each channel of each example is brought to mean 0 and variance 1. */
export function instanceNorm(x: Value, norm: ChannelNorm): Value {
  return groupNorm(x, x.dim(1), norm);
}
