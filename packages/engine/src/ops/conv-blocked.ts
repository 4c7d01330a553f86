import { type Convolution, cropped } from './conv-emission.js';
import { padded, reshaped, transposed } from './nodes.js';
import type { Emitter } from './rule.js';

// The runtime's fastest convolutions hold 8 or 16 channels, as the processor's vectors do, next to each other. It uses them
// by itself only for kernels that are constant, which those of a model in training are not; so they are written out here.
// Measured on one core with AVX-512, 64 images, 3 by 3 taps, milliseconds plain and blocked: 16 to 16 channels of 32 by 32
// 4.1 and 2.8, 32 to 32 of 16 by 16 2.7 and 1.8, 64 to 64 of 8 by 8 2.2 and 1.5; the gradient of the kernel as a product of
// columns and blocked 6.8 and 4.7, 4.4 and 2.5, 3.5 and 2.0. For 1 by 1 taps the product is the faster one (1.1 and 4.0).
// Everything below holds for either block, since all numbers of channels are multiples of 16 and layouts are made by the
// runtime's own reordering, applied twice where a kernel is blocked by inputs and outputs.

const block = 16;
const domain = 'com.microsoft.nchwc';

const reordered = (e: Emitter, x: string) => e.node('ReorderInput', [x], { channels_last: 0 }, domain);
const restored = (e: Emitter, x: string, channels: number) =>
  e.node('ReorderOutput', [x], { channels, channels_last: 0 }, domain);

/** How the kernels take the image: as it is (few channels), blocked, or blocked with a kernel for each channel. */
type Form = 'image' | 'blocked' | 'depthwise';

function formOf(c: Convolution): Form | undefined {
  const [m, channels] = c.kernel as readonly [number, number];
  if (m % block !== 0) return undefined;
  if (c.groups === 1) return channels < 8 ? 'image' : channels % block === 0 ? 'blocked' : undefined;
  if (channels === 1 && c.groups === m) return 'depthwise';
  return channels % block === 0 && (m / c.groups) % block === 0 ? 'blocked' : undefined;
}

/** The convolution in the runtime's blocked layout, or undefined where there is no such kernel. */
export function blockedConvolution(
  e: Emitter,
  x: string,
  w: string,
  bias: string | undefined,
  c: Convolution,
): string | undefined {
  const form = e.blocked ? formOf(c) : undefined;
  return form && restored(e, blockedResult(e, x, w, bias, c, form), c.kernel[0]!);
}

/** Whether `blockedInterleaved` can be had for the phases of a convolution's stride. */
export function interleavesBlocked(e: Emitter, c: Convolution, phases: Convolution): boolean {
  return e.blocked && c.groups === 1 && c.image[1]! % block === 0 && formOf(phases) === 'blocked';
}

/**
 * A convolution whose kernels are those of all phases of a stride, [phases, channels], with the results interleaved to an
 * image. Channels come last meanwhile, so that they move together.
 */
export function blockedInterleaved(
  e: Emitter,
  x: string,
  w: string,
  c: Convolution,
  phases: Convolution,
): string {
  const y = blockedResult(e, x, w, undefined, phases, 'blocked');
  const [n, m, h, width] = phases.result as readonly [number, number, number, number];
  const [[sh, sw], channels] = [c.strides as [number, number], c.image[1]!];
  const last = e.node('ReorderOutput', [y], { channels: m, channels_last: 1 }, domain);
  const parts = reshaped(e, last, [n * h, width, sh, sw * channels]);
  const interleaved = transposed(e, parts, [0, 2, 1, 3]);
  const joined = reshaped(e, interleaved, [n, h * sh, width * sw, channels]);
  const image = e.node('ReorderInput', [cropped(e, joined, [1, 2], c)], { channels_last: 1 }, domain);
  return restored(e, image, channels);
}

function blockedResult(
  e: Emitter,
  x: string,
  w: string,
  bias: string | undefined,
  c: Convolution,
  form: Form,
): string {
  const [m, channels, kh, kw] = c.kernel as readonly [number, number, number, number];
  const inner = form === 'blocked' ? reordered(e, w) : w;
  const outer = reordered(e, reshaped(e, inner, [1, m, channels * kh, kw]));
  const kernel = reshaped(e, outer, c.kernel);
  const image = form === 'image' ? x : reordered(e, x);
  return e.node(
    'Conv',
    bias ? [image, kernel, bias] : [image, kernel],
    { kernel_shape: [kh, kw], strides: c.strides, pads: c.pads, dilations: c.dilations, group: c.groups },
    domain,
  );
}

/**
 * The gradient with respect to the kernel as a convolution, in which the result's gradient takes the place of the kernel.
 * Undefined where that does not pay.
 */
export function blockedWeightGradient(e: Emitter, x: string, g: string, c: Convolution): string | undefined {
  if (!e.blocked) return undefined;
  const [[n], [m, channels]] = [c.image, c.kernel] as [[number], [number, number]];
  // A kernel for each channel, not more.
  if (c.groups > 1 && channels === 1 && c.groups === m && n > 0 && (n * m) % block === 0) {
    return depthwiseWeightGradient(e, x, g, c);
  }
  return c.groups === 1 && m % block === 0 && n >= block / 2 ? fullWeightGradient(e, x, g, c) : undefined;
}

/** The batch takes the place of the channels, and the image's channels that of the batch. */
function fullWeightGradient(e: Emitter, x: string, g: string, c: Convolution): string {
  const [[n], m] = [c.image, c.kernel[0]!] as [[number], number];
  const size = c.result.slice(2);
  const batch = Math.ceil(n / block) * block;
  const { before, after } = reached(c);
  const image = reordered(e, padded(e, batchInside(e, x), [0, 0, ...before, 0, batch - n, ...after]));
  const rows = reordered(e, padded(e, batchInside(e, g), [0, 0, 0, 0, 0, batch - n, 0, 0]));
  const kernel = reordered(e, reshaped(e, rows, [1, m, batch * size[0]!, size[1]!]));
  const shaped = reshaped(e, kernel, [m, batch, ...size]);
  return batchInside(e, restored(e, swappedConv(e, image, shaped, 1, c), m));
}

/** Every channel of every example is a channel of one image, with a kernel of its own. */
function depthwiseWeightGradient(e: Emitter, x: string, g: string, c: Convolution): string {
  const [n, m, h, w] = c.image as readonly [number, number, number, number];
  const { before, after } = reached(c);
  const size = [h + before[0] + after[0], w + before[1] + after[1]];
  const image = reshaped(e, padded(e, x, [0, 0, ...before, 0, 0, ...after]), [1, n * m, ...size]);
  const flat = reshaped(e, g, [1, n * m, ...c.result.slice(2)]);
  const kernel = reshaped(e, reordered(e, flat), [n * m, 1, ...c.result.slice(2)]);
  const y = restored(e, swappedConv(e, reordered(e, image), kernel, n * m, c), n * m);
  const each = reshaped(e, y, [n, ...c.kernel]);
  return e.node('ReduceSum', [each, e.int64s([0])], { keepdims: 0 });
}

/** The convolution of an image with a result's gradient: steps and distances between taps change their roles. */
function swappedConv(e: Emitter, image: string, g: string, group: number, c: Convolution): string {
  const attributes = {
    kernel_shape: c.result.slice(2),
    strides: c.dilations,
    pads: [0, 0, 0, 0],
    dilations: c.strides,
    group,
  };
  return e.node('Conv', [image, g], attributes, domain);
}

/**
 * Borders, negative where the kernel does not reach the end, that make of the image what the kernel passes over. Padding
 * within a convolution with so large a kernel would take the slow way round the edges.
 */
function reached(c: Convolution): Record<'before' | 'after', readonly [number, number]> {
  const after = (a: 0 | 1) =>
    c.dilations[a]! * (c.kernel[2 + a]! - 1) +
    c.strides[a]! * (c.result[2 + a]! - 1) +
    1 -
    c.pads[a]! -
    c.image[2 + a]!;
  return { before: [c.pads[0]!, c.pads[1]!], after: [after(0), after(1)] };
}

/** [n, c, h, w] as [c, n, h, w]. */
const batchInside = (e: Emitter, x: string) => transposed(e, x, [1, 0, 2, 3]);
