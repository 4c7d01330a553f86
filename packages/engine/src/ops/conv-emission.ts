import type { Shape } from '../graph/shape.js';
import type { Type } from '../graph/value.js';
import {
  blockedConvolution,
  blockedInterleaved,
  blockedWeightGradient,
  interleavesBlocked,
} from './conv-blocked.js';
import { padded, reshaped, transposed } from './nodes.js';
import type { Emitter } from './rule.js';

/**
 * One two-dimensional convolution: the types of image [n, c, h, w], kernel [m, c / groups, kh, kw] and result
 * [n, m, oh, ow], and how the kernel moves over the image.
 */
export interface Convolution {
  readonly dtype: Type['dtype'];
  readonly image: Shape;
  readonly kernel: Shape;
  readonly result: Shape;
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  /** The kernel is a constant, for which the runtime chooses the best layout by itself. */
  readonly constantKernel?: boolean;
}

type Pair = readonly [number, number];
const spatial = (shape: Shape): Pair => [shape[2]!, shape[3]!];
const perAxis = (f: (axis: 0 | 1) => number): Pair => [f(0), f(1)];

/** The convolution, in the best form that the target has. */
export function emitConv(e: Emitter, x: string, w: string, bias: string | undefined, c: Convolution): string {
  if (c.dtype === 'float32') {
    const blocked = c.constantKernel ? undefined : blockedConvolution(e, x, w, bias, c);
    return blocked ?? e.node('Conv', bias ? [x, w, bias] : [x, w], onnxForm(c));
  }
  const [n, m] = [c.image[0]!, c.kernel[0]!];
  const [kernels, channels] = [m / c.groups, c.kernel[1]!];
  const taps = c.kernel[2]! * c.kernel[3]!;
  const split = reshaped(e, w, [c.groups, kernels, channels, taps]);
  const rows = reshaped(e, transposed(e, split, [0, 1, 3, 2]), [c.groups, kernels, taps * channels]);
  const product = e.node('MatMul', [rows, columns(e, x, c)]);
  const kernelFirst = reshaped(e, product, [m, n, ...spatial(c.result)]);
  const y = transposed(e, kernelFirst, [1, 0, 2, 3]);
  return bias ? e.node('Add', [y, reshaped(e, bias, [1, m, 1, 1])]) : y;
}

/**
 * The gradient with respect to the image, from that of the result. Of the image's positions, those of one phase of the stride
 * are a convolution of stride 1 of what was given, with every `stride`-th tap of the kernel; all phases together are one
 * convolution with so many times more kernels, whose results are interleaved.
 */
export function emitConvInput(e: Emitter, g: string, w: string, c: Convolution): string {
  const strided = c.strides.some((s) => s > 1);
  if (strided && c.dilations.some((d) => d > 1)) {
    if (c.dtype === 'float32') return e.node('ConvTranspose', [g, w], transposedForm(c));
    const result = [...c.result.slice(0, 2), ...perAxis((a) => (c.result[2 + a]! - 1) * c.strides[a]! + 1)];
    return emitConvInput(e, withZerosBetween(e, g, c), w, { ...c, result, strides: [1, 1] });
  }
  const [m, channels] = [c.kernel[0]!, c.kernel[1]!];
  const [n, inputs] = [c.image[0]!, c.image[1]!];
  const [sh, sw] = c.strides as Pair;
  // Zeros before the first tap, so that the image's first position is of the first phase.
  const front = perAxis((a) => (c.strides[a]! - (c.pads[a]! % c.strides[a]!)) % c.strides[a]!);
  const taps = perAxis((a) => Math.ceil((c.kernel[2 + a]! + front[a]) / c.strides[a]!));
  const size = perAxis((a) => Math.ceil(c.image[2 + a]! / c.strides[a]!));
  const reach = perAxis((a) => c.dilations[a]! * (taps[a] - 1));
  const before = perAxis((a) => reach[a] - (c.pads[a]! + front[a]) / c.strides[a]!);
  const after = perAxis((a) => size[a] - c.result[2 + a]! - before[a] + reach[a]);
  const crop = [...before, ...after].map((p) => Math.min(p, 0));
  const kernel = [inputs * sh * sw, m / c.groups, ...taps];
  const phases: Convolution = {
    ...c,
    image: c.result.map((d, i) => (i < 2 ? d : d + crop[i - 2]! + crop[i]!)),
    kernel,
    result: [n, kernel[0]!, ...size],
    strides: [1, 1],
    pads: [...before, ...after].map((p) => Math.max(p, 0)),
  };
  if (c.dtype === 'float32' && !(strided ? interleavesBlocked(e, c, phases) : e.blocked)) {
    return e.node('ConvTranspose', [g, w], transposedForm(c));
  }
  const end = perAxis((a) => taps[a] * c.strides[a]! - front[a] - c.kernel[2 + a]!);
  const whole = padded(e, w, [0, 0, ...front, 0, 0, ...end]);
  const split = reshaped(e, whole, [c.groups, m / c.groups, channels, taps[0], sh, taps[1], sw]);
  const swapped = transposed(e, split, [0, 4, 6, 2, 1, 3, 5]);
  const turned = flipped(e, reshaped(e, swapped, kernel));
  const image = padded(e, g, [0, 0, crop[0]!, crop[1]!, 0, 0, crop[2]!, crop[3]!]);
  if (!strided) return emitConv(e, image, turned, undefined, phases);
  if (c.dtype === 'float32') return blockedInterleaved(e, image, turned, c, phases);
  const y = emitConv(e, image, turned, undefined, phases);
  const parts = reshaped(e, y, [n, c.groups, sh, sw, channels, ...size]);
  const interleaved = transposed(e, parts, [0, 1, 4, 5, 2, 6, 3]);
  const joined = reshaped(e, interleaved, [n, inputs, size[0] * sh, size[1] * sw]);
  return cropped(e, joined, [2, 3], c);
}

/** The gradient with respect to the kernel, from that of the result. */
export function emitConvWeight(e: Emitter, x: string, g: string, c: Convolution): string {
  if (c.image[0] === 0) {
    return e.node('Expand', [e.scalar(0, { dtype: c.dtype, shape: [] }), e.int64s(c.kernel)]);
  }
  const blocked = c.dtype === 'float32' && !isPatches(c) ? blockedWeightGradient(e, x, g, c) : undefined;
  if (blocked) return blocked;
  const [m, channels, ...size] = c.kernel as readonly [number, number, number, number];
  const kernels = m / c.groups;
  const kernelFirst = transposed(e, g, [1, 0, 2, 3]);
  const rows = reshaped(e, kernelFirst, [c.groups, kernels, c.result[0]! * c.result[2]! * c.result[3]!]);
  const product = e.node(
    'FusedMatMul',
    [columns(e, x, c), rows],
    { transA: 0, transB: 1, alpha: { float: 1 } },
    'com.microsoft',
  );
  const split = reshaped(e, product, [c.groups, size[0] * size[1], channels, kernels]);
  const w = transposed(e, split, [0, 3, 2, 1]);
  return reshaped(e, w, c.kernel);
}

/** The parts of the image under each tap of the kernel, a column for each position: [groups, taps * c / groups, n * oh * ow]. */
function columns(e: Emitter, x: string, c: Convolution): string {
  const [n, channels] = c.image as readonly [number, number];
  const [[kh, kw], [oh, ow]] = [spatial(c.kernel), spatial(c.result)];
  const [taps, own, positions] = [kh * kw, channels / c.groups, n * oh * ow];
  const grouped = (v: string) => {
    const shape = [c.groups, taps * own, positions];
    if (c.groups === 1) return reshaped(e, v, shape);
    const split = reshaped(e, v, [taps, c.groups, own, positions]);
    return reshaped(e, transposed(e, split, [1, 0, 2, 3]), shape);
  };
  const patches = isPatches(c);
  if (patches && taps > 1) {
    const split = reshaped(e, x, [n, channels, oh, kh, ow, kw]);
    return grouped(transposed(e, split, [3, 5, 1, 0, 2, 4]));
  }
  const channelFirst = transposed(e, x, [1, 0, 2, 3]);
  if (patches) return grouped(channelFirst);
  const image = padded(e, channelFirst, [0, 0, c.pads[0]!, c.pads[1]!, 0, 0, c.pads[2]!, c.pads[3]!]);
  const shifted = Array.from({ length: taps }, (_, tap) => {
    const start = [Math.floor(tap / kw) * c.dilations[0]!, (tap % kw) * c.dilations[1]!];
    const end = [start[0]! + (oh - 1) * c.strides[0]! + 1, start[1]! + (ow - 1) * c.strides[1]! + 1];
    return e.node('Slice', [image, e.int64s(start), e.int64s(end), e.int64s([2, 3]), e.int64s(c.strides)]);
  });
  return grouped(e.node('Concat', shifted, { axis: 0 }));
}

/** Whether the kernel's places tile the image, so that columns are a mere transpose. */
function isPatches(c: Convolution): boolean {
  return (
    c.pads.every((p) => p === 0) &&
    c.strides.every((s, i) => s === c.kernel[2 + i] && c.image[2 + i] === s * c.result[2 + i]!) &&
    c.dilations.every((d, i) => d === 1 || c.kernel[2 + i] === 1)
  );
}

/** `stride - 1` zeros between neighbours along the spatial axes. */
function withZerosBetween(e: Emitter, x: string, c: Convolution): string {
  const [n, m, h, w] = c.result as readonly [number, number, number, number];
  const [sh, sw] = c.strides as Pair;
  const spread = reshaped(e, x, [n, m, h, 1, w, 1]);
  const filled = padded(e, spread, [0, 0, 0, 0, 0, 0, 0, 0, 0, sh - 1, 0, sw - 1]);
  const joined = reshaped(e, filled, [n, m, h * sh, w * sw]);
  const ends = [(h - 1) * sh + 1, (w - 1) * sw + 1];
  return e.node('Slice', [joined, e.int64s([0, 0]), e.int64s(ends), e.int64s([2, 3])]);
}

/** The image's extent from what the phases of the stride have filled, which may be more. */
export function cropped(e: Emitter, x: string, axes: Pair, c: Convolution): string {
  const ends = spatial(c.image);
  if (ends.every((size, a) => size % c.strides[a]! === 0)) return x;
  return e.node('Slice', [x, e.int64s([0, 0]), e.int64s(ends), e.int64s(axes)]);
}

function flipped(e: Emitter, w: string): string {
  const toStart = e.int64s([Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]);
  return e.node('Slice', [w, e.int64s([-1, -1]), toStart, e.int64s([2, 3]), e.int64s([-1, -1])]);
}

function onnxForm(c: Convolution): Record<string, number | readonly number[]> {
  return {
    kernel_shape: spatial(c.kernel),
    strides: c.strides,
    pads: c.pads,
    dilations: c.dilations,
    group: c.groups,
  };
}

function transposedForm(c: Convolution): Record<string, number | readonly number[]> {
  const plain = (a: 0 | 1) =>
    (c.result[2 + a]! - 1) * c.strides[a]! -
    c.pads[a]! -
    c.pads[2 + a]! +
    c.dilations[a]! * (c.kernel[2 + a]! - 1) +
    1;
  return { ...onnxForm(c), output_padding: perAxis((a) => c.image[2 + a]! - plain(a)) };
}
