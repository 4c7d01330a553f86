import type { Value } from '../../graph/value.js';
import { averagePool, conv, convTranspose, maxPool } from '../../ops/index.js';
import type { Call, ImportRules } from '../call.js';

/** How a window moves: attributes that convolution and pooling share, one number for each spatial axis. */
interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Before each axis, then after each. */
  readonly pads: readonly number[];
}

/** The window of a node on an image, with automatic padding worked out. */
function windowOf(call: Call, x: Value, kernel: readonly number[]): Window {
  const image = x.shape.slice(2);
  const list = (name: string, missing: number) => listOf(call, name, image.length, missing);
  const [strides, dilations] = [list('strides', 1), list('dilations', 1)];
  const mode = call.string('auto_pad', 'NOTSET');
  if (mode === 'NOTSET') {
    return { strides, dilations, pads: listOf(call, 'pads', 2 * image.length, 0) };
  }
  if (mode === 'VALID') return { strides, dilations, pads: image.flatMap(() => [0, 0]) };
  const totals = image.map((size, a) => {
    const reach = dilations[a]! * (kernel[a]! - 1) + 1;
    return Math.max((Math.ceil(size / strides[a]!) - 1) * strides[a]! + reach - size, 0);
  });
  return { strides, dilations, pads: halves(call, mode, totals) };
}

/** A list with one number an axis. */
function listOf(call: Call, name: string, length: number, missing: number): readonly number[] {
  const found = call.ints(name) ?? new Array<number>(length).fill(missing);
  return found.length === length
    ? found
    : call.fail(`'${name}' needs ${length} numbers: it has ${found.length}`);
}

/** Padding split evenly to both sides; an odd one goes to the end (`SAME_UPPER`) or to the start. */
function halves(call: Call, mode: string, totals: readonly number[]): number[] {
  if (mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER') call.fail(`unknown automatic padding: '${mode}'`);
  const small = totals.map((t) => Math.floor(t / 2));
  const large = totals.map((t) => Math.ceil(t / 2));
  return mode === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small];
}

/** The window of a transposed convolution. The size of its result may be given in place of its padding. */
function transposedWindow(
  call: Call,
  x: Value,
  kernel: readonly number[],
): Window & { readonly extra: readonly number[] } {
  const image = x.shape.slice(2);
  const list = (name: string, missing: number) => listOf(call, name, image.length, missing);
  const [strides, dilations, extra] = [list('strides', 1), list('dilations', 1), list('output_padding', 0)];
  const mode = call.string('auto_pad', 'NOTSET');
  const wanted = call.ints('output_shape')?.slice(-image.length);
  const automatic = mode === 'SAME_UPPER' || mode === 'SAME_LOWER';
  if (!wanted && !automatic) {
    return { strides, dilations, extra, pads: listOf(call, 'pads', 2 * image.length, 0) };
  }
  const totals = image.map((size, a) => {
    const whole = strides[a]! * (size - 1) + extra[a]! + (kernel[a]! - 1) * dilations[a]! + 1;
    return whole - (wanted?.[a] ?? size * strides[a]!);
  });
  // A result that is larger than the strides make it is padded at the end.
  const more = extra.map((n, a) => n + Math.max(-totals[a]!, 0));
  const cut = totals.map((t) => Math.max(t, 0));
  return {
    strides,
    dilations,
    extra: more,
    pads: halves(call, automatic ? mode : 'SAME_LOWER', cut),
  };
}

export const convolutionRules: ImportRules = {
  AveragePool: (call) =>
    averagePool(call.input(0), kernelOf(call), {
      ...pooling(call),
      countPadding: call.flag('count_include_pad'),
    }),
  Conv: (call) => {
    const [x, w, bias] = [call.input(0), call.input(1), call.optional(2)];
    const { strides, dilations, pads } = windowOf(call, x, w.shape.slice(2));
    return conv(x, w, {
      stride: strides,
      dilation: dilations,
      padding: pads,
      groups: call.int('group', 1),
      ...(bias && { bias }),
    });
  },
  ConvTranspose: (call) => {
    const [x, w, bias] = [call.input(0), call.input(1), call.optional(2)];
    const { strides, dilations, pads, extra } = transposedWindow(call, x, w.shape.slice(2));
    return convTranspose(x, w, {
      stride: strides,
      dilation: dilations,
      padding: pads,
      outputPadding: extra,
      groups: call.int('group', 1),
      ...(bias && { bias }),
    });
  },
  MaxPool: (call) => maxPool(call.input(0), kernelOf(call), pooling(call)),
};

function kernelOf(call: Call): readonly number[] {
  return call.ints('kernel_shape') ?? call.fail("attribute missing: 'kernel_shape'");
}

function pooling(call: Call) {
  const { strides, dilations, pads } = windowOf(call, call.input(0), kernelOf(call));
  return { stride: strides, dilation: dilations, padding: pads, ceil: call.flag('ceil_mode') };
}
