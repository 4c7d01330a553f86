import { type Convolution, cropped, padded } from './convEmission.js';
import type { Emitter } from './rule.js';

// The runtime's fastest convolutions hold 8 or 16 channels, as the processor's vectors do, next to each other. It uses them
// by itself only for kernels that are constant, which those of a model in training are not; so they are written out here.
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
  const parts = e.node('Reshape', [last, e.int64s([n * h, width, sh, sw * channels])]);
  const interleaved = e.node('Transpose', [parts], { perm: [0, 2, 1, 3] });
  const joined = e.node('Reshape', [interleaved, e.int64s([n, h * sh, width * sw, channels])]);
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
  const outer = reordered(e, e.node('Reshape', [inner, e.int64s([1, m, channels * kh, kw])]));
  const kernel = e.node('Reshape', [outer, e.int64s(c.kernel)]);
  const image = form === 'image' ? x : reordered(e, x);
  return e.node(
    'Conv',
    bias ? [image, kernel, bias] : [image, kernel],
    { kernel_shape: [kh, kw], strides: c.strides, pads: c.pads, dilations: c.dilations, group: c.groups },
    domain,
  );
}

/**
 * The gradient with respect to the kernel as a convolution, in which the batch takes the place of the channels, the image's
 * channels that of the batch, and the result's gradient that of the kernel. Undefined where that does not pay.
 */
export function blockedWeightGradient(e: Emitter, x: string, g: string, c: Convolution): string | undefined {
  const m = c.kernel[0]!;
  const [n, , oh, ow] = c.result as readonly [number, number, number, number];
  if (!e.blocked || c.groups !== 1 || m % block !== 0 || n < block / 2) return undefined;
  const batch = Math.ceil(n / block) * block;
  // Only what the kernel reaches: padding within the convolution itself would take the slow way round its edges.
  const [h, w] = [0, 1].map(
    (a) => c.dilations[a]! * (c.kernel[2 + a]! - 1) + c.strides[a]! * (c.result[2 + a]! - 1) + 1,
  ) as [number, number];
  const [top, left] = [c.pads[0]!, c.pads[1]!];
  const after = [h - top - c.image[2]!, w - left - c.image[3]!];
  const image = reordered(e, padded(e, batchInside(e, x), [0, 0, top, left, 0, batch - n, ...after]));
  const rows = reordered(e, padded(e, batchInside(e, g), [0, 0, 0, 0, 0, batch - n, 0, 0]));
  const kernel = reordered(e, e.node('Reshape', [rows, e.int64s([1, m, batch * oh, ow])]));
  const y = e.node(
    'Conv',
    [image, e.node('Reshape', [kernel, e.int64s([m, batch, oh, ow])])],
    { kernel_shape: [oh, ow], strides: c.dilations, pads: [0, 0, 0, 0], dilations: c.strides, group: 1 },
    domain,
  );
  return batchInside(e, restored(e, y, m));
}

/** [n, c, h, w] as [c, n, h, w]. */
const batchInside = (e: Emitter, x: string) => e.node('Transpose', [x], { perm: [1, 0, 2, 3] });
