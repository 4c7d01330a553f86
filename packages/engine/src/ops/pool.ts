import { ShapeError } from '../graph/errors.js';
import { type Shape, showShape, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { apply, constant, lift, needFloat, type Operand } from './apply.js';
import type { OpAttributes } from './attributes.js';
import { emitConv } from './conv-emission.js';
import { mul } from './elementwise.js';
import { scatterAdd } from './indexing.js';
import { max, mean } from './reduce.js';
import { upsample } from './resize.js';
import type { Rules, Sample } from './rule.js';
import { broadcastTo, pad, reshape } from './shape.js';
import { normalizeSliding, type SlidingOptions, slidingSize, withoutHeight } from './sliding.js';

type Pooling = OpAttributes['averagePool'];

export const poolRules: Rules<'maxPool' | 'maxPoolIndex' | 'averagePool'> = {
  maxPool: {
    infer: ([x], attributes) => [{ dtype: x!.dtype, shape: pooledShape(x!.shape, attributes) }],
    emit: (e, inputs, { attributes }) => [e.node('MaxPool', inputs, onnxForm(attributes))],
    // The first of equal elements takes the whole cotangent, as in PyTorch.
    vjp: ({ inputs: [x], attributes }, [g]) => {
      if (!g) return [];
      const at = reshape(apply('maxPoolIndex', [x!], attributes), [-1]);
      return [reshape(scatterAdd(reshape(g, [-1]), at, sizeOf(x!.shape)), x!.shape)];
    },
    samples: poolSamples(),
  },
  // Where the largest elements are among all elements of the operand. Only gradients ask for it: it takes its time.
  maxPoolIndex: {
    infer: ([x], attributes) => [{ dtype: 'int64', shape: pooledShape(x!.shape, attributes) }],
    emit: (e, inputs, { attributes }) => [e.nodeWithOutputs('MaxPool', inputs, 2, onnxForm(attributes))[1]!],
    vjp: null,
    samples: poolSamples(),
  },
  // Averages of what lies within the image.
  averagePool: {
    infer: ([x], attributes) => [{ dtype: x!.dtype, shape: pooledShape(x!.shape, attributes) }],
    emit: (e, [x], { inputs: [image], outputs: [result], attributes }) => {
      if (image!.dtype === 'float32') return [e.node('AveragePool', [x!], onnxForm(attributes))];
      const channels = image!.shape[1]!;
      const kernel = [channels, 1, ...attributes.window];
      const ones = e.node('Expand', [e.scalar(1, image!), e.int64s(kernel)]);
      const { strides, pads, dilations } = attributes;
      const sums = emitConv(e, x!, ones, undefined, {
        dtype: image!.dtype,
        image: image!.shape,
        kernel,
        result: result!.shape,
        strides,
        pads,
        dilations,
        groups: channels,
      });
      return [e.node('Mul', [sums, e.constant(shares(image!, attributes))])];
    },
    vjp: ({ inputs: [x], attributes }, [g]) => {
      if (!g) return [];
      const size = x!.shape.slice(2);
      const share = mul(g, shares(x!, attributes));
      if (tiles(size, attributes)) return [upsample(share, attributes.window)];
      const { strides, pads, dilations, window } = attributes;
      const groups = x!.shape[1]!;
      const ones = broadcastTo(constant(1, x!.dtype), [groups, 1, ...window]);
      return [apply('convInput', [share, ones], { strides, pads, dilations, groups, size })];
    },
    samples: poolSamples<'averagePool'>().map((sample) => ({ ...sample, smooth: true })),
  },
};

/** Averages of one element each, over the windows' positions: one over the number of elements within the image. */
function shares(x: Value, { window, strides, pads, dilations }: Pooling): Tensor {
  const size = slidingSize('averagePool', x.shape.slice(2), window, { strides, pads, dilations });
  const counts = size.map((positions, a) =>
    Array.from({ length: positions }, (_, o) => {
      const taps = Array.from(
        { length: window[a]! },
        (_, k) => o * strides[a]! - pads[a]! + k * dilations[a]!,
      );
      return taps.filter((i) => i >= 0 && i < x.shape[2 + a]!).length;
    }),
  );
  const equal = counts.every((c) => c.every((n) => n === c[0]));
  const [rows, columns] = equal ? counts.map((c) => c.slice(0, 1)) : counts;
  const data = rows!.flatMap((r) => columns!.map((c) => 1 / (r * c)));
  return {
    dtype: x.dtype,
    shape: equal ? [] : size,
    data: x.dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data),
  };
}

/** Whether the windows lie side by side and cover the image. */
function tiles(size: Shape, { window, strides, pads, dilations }: Pooling): boolean {
  return (
    pads.every((p) => p === 0) &&
    dilations.every((d) => d === 1) &&
    window.every((k, a) => k === strides[a] && size[a]! % k === 0)
  );
}

function pooledShape(image: Shape, attributes: Pooling): number[] {
  const { window, pads, dilations } = attributes;
  if (window.some((k, a) => Math.max(pads[a]!, pads[a + 2]!) > dilations[a]! * (k - 1))) {
    throw new ShapeError(
      `pool: padding must be smaller than the window ${showShape(window)}: ${showShape(pads)}`,
    );
  }
  return [...image.slice(0, 2), ...slidingSize('pool', image.slice(2), window, attributes)];
}

function onnxForm({ window, strides, pads, dilations }: Pooling): Record<string, readonly number[]> {
  return { kernel_shape: window, strides, pads, dilations };
}

function poolSamples<O extends 'maxPool' | 'maxPoolIndex' | 'averagePool'>(): Sample<O>[] {
  const cases: readonly (readonly [Shape, Pooling])[] = [
    [[2, 2, 4, 4], { window: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1] }],
    [[1, 2, 4, 5], { window: [3, 2], strides: [1, 2], pads: [1, 0, 1, 1], dilations: [1, 1] }],
    [[1, 1, 5, 5], { window: [2, 2], strides: [2, 1], pads: [0, 0, 0, 0], dilations: [2, 2] }],
  ];
  return cases.map(([shape, attributes]) => ({
    inputs: [{ shape }],
    attributes: attributes as OpAttributes[O],
  }));
}

/** How a pooling window moves. The stride is the window's size when left out, so that windows lie side by side. */
export interface PoolOptions extends SlidingOptions {
  /** Windows that reach over the end of the padded image count as well, by what they have of it. */
  readonly ceil?: boolean;
}

/**
 * The largest element under each position of a window. Among equal ones the first takes the gradient.
 *
 * @param x [n, channels, length] or [n, channels, height, width]
 * @param window size along each spatial axis, or one for all
 * @returns [n, channels, ...], with sizes as a convolution gives them
 * @throws {ShapeError} when the padding is not smaller than the window
 */
export function maxPool(x: Operand, window: number | readonly number[], options: PoolOptions = {}): Value {
  return pooled('maxPool', x, window, options, (image, attributes) => apply('maxPool', [image], attributes));
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether the zeros of the padding are part of the average, as PyTorch has it by default. */
  readonly countPadding?: boolean;
}

/** The mean under each position of a window, by default of what lies within the image. See `maxPool`. */
export function averagePool(
  x: Operand,
  window: number | readonly number[],
  { countPadding = false, ...options }: AveragePoolOptions = {},
): Value {
  return pooled('averagePool', x, window, options, (image, attributes, given) => {
    if (!countPadding) return apply('averagePool', [image], attributes);
    const zeros = pad(image, [0, 0, ...given.slice(0, 2)], [0, 0, ...given.slice(2)]);
    const pads = attributes.pads.map((p, i) => p - given[i]!);
    return apply('averagePool', [zeros], { ...attributes, pads });
  });
}

/** The mean over all spatial axes: [n, channels, ...] to [n, channels]. */
export function globalAveragePool(x: Value): Value {
  return mean(x, { axes: x.shape.flatMap((_, i) => (i < 2 ? [] : [i])) });
}

/** The largest element over all spatial axes: [n, channels, ...] to [n, channels]; equal ones share the gradient. */
export function globalMaxPool(x: Value): Value {
  return max(x, { axes: x.shape.flatMap((_, i) => (i < 2 ? [] : [i])) });
}

function pooled(
  where: string,
  operand: Operand,
  window: number | readonly number[],
  { ceil = false, stride = window, ...rest }: PoolOptions,
  fn: (x: Value, attributes: Pooling, given: readonly number[]) => Value,
): Value {
  const x = needFloat(where, lift(where, operand)[0]!);
  if (x.rank !== 3 && x.rank !== 4) {
    throw new ShapeError(
      `${where}: [n, channels, length] or [n, channels, height, width] is needed: ${showShape(x.shape)}`,
    );
  }
  const height = x.rank === 4;
  const sliding = normalizeSliding(where, { stride, ...rest }, height);
  const sizes = normalizeSliding(where, { stride: window }, height).strides;
  const run = (image: Value) => {
    const size = image.shape.slice(2);
    if (ceil && coversAll(size, sizes, sliding)) {
      return fn(image, { ...sliding, window: size, strides: size }, sliding.pads);
    }
    const pads = ceil ? withPartialWindows(size, sizes, sliding) : sliding.pads;
    return fn(image, { ...sliding, pads, window: sizes }, sliding.pads);
  };
  return height ? run(x) : withoutHeight(x, run);
}

/** Whether there is one window, larger than the image: exporters write a global pool so, whatever the size of the image. */
function coversAll(size: Shape, window: Shape, { pads, dilations }: Omit<Pooling, 'window'>): boolean {
  return (
    [...pads, ...dilations.map((d) => d - 1)].every((n) => n === 0) && size.every((n, a) => window[a]! >= n)
  );
}

/** Padding at the ends for windows that start within the image or its first padding but end behind its last. */
function withPartialWindows(
  image: Shape,
  window: Shape,
  { strides, pads, dilations }: Omit<Pooling, 'window'>,
): number[] {
  const ends = image.map((size, a) => {
    const [stride, before, after] = [strides[a]!, pads[a]!, pads[a + 2]!];
    const extent = dilations[a]! * (window[a]! - 1) + 1;
    const steps = Math.ceil((size + before + after - extent) / stride);
    const last = steps * stride >= size + before ? steps - 1 : steps;
    return Math.max(after, last * stride + extent - size - before);
  });
  return [...pads.slice(0, 2), ...ends];
}
