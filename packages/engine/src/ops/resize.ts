import { ShapeError } from '../graph/errors.js';
import { type Shape, showShape } from '../graph/shape.js';
import { convert } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { apply, constant, lift, needFloat, type Operand } from './apply.js';
import { mul } from './elementwise.js';
import { matmul } from './matmul.js';
import type { Rules } from './rule.js';
import { withoutHeight } from './sliding.js';

export const resizeRules: Rules<'upsample'> = {
  // Each element as a block of equal ones: the adjoint of sums over windows that lie side by side.
  upsample: {
    infer: ([x], { scales }) => [
      { dtype: x!.dtype, shape: x!.shape.map((d, i) => (i < 2 ? d : d * scales[i - 2]!)) },
    ],
    emit: (e, [x], { inputs, outputs, attributes: { scales } }) => {
      const type = inputs[0]!;
      if (type.dtype === 'float32') {
        const factors = { dtype: 'float32', shape: [4], data: Float32Array.of(1, 1, ...scales) } as const;
        const attributes = {
          mode: 'nearest',
          nearest_mode: 'floor',
          coordinate_transformation_mode: 'asymmetric',
        };
        return [e.node('Resize', [x!, '', e.constant(factors)], attributes)];
      }
      const [n, c, h, w] = type.shape as readonly [number, number, number, number];
      const split = e.node('Reshape', [x!, e.int64s([n, c, h, 1, w, 1])]);
      const blocks = e.node('Expand', [split, e.int64s([n, c, h, scales[0]!, w, scales[1]!])]);
      return [e.node('Reshape', [blocks, e.int64s(outputs[0]!.shape)])];
    },
    vjp: ({ attributes: { scales } }, [g]) => {
      if (!g) return [];
      const window = { window: scales, strides: scales, pads: [0, 0, 0, 0], dilations: [1, 1] };
      return [mul(apply('averagePool', [g], window), scales[0]! * scales[1]!)];
    },
    simplify: ([x], { scales }) => (scales.every((s) => s === 1) ? x : undefined),
    samples: [
      { inputs: [{ shape: [2, 1, 2, 3] }], attributes: { scales: [2, 3] }, smooth: true },
      { inputs: [{ shape: [1, 2, 1, 2] }], attributes: { scales: [1, 2] }, smooth: true },
    ],
  },
};

/**
 * Each element repeated a whole number of times along the two spatial axes (nearest neighbour).
 *
 * @param x [n, channels, height, width]
 * @param scales of height and width
 */
export function upsample(x: Operand, scales: Shape): Value {
  return apply('upsample', [needFloat('upsample', lift('upsample', x)[0]!)], { scales });
}

/** How an image is resized; the terms are those of ONNX's Resize. */
export interface ResizeOptions {
  readonly mode?: 'nearest' | 'linear';
  /**
   * Where the places of the result lie in the image. `half_pixel` (the default) keeps the edges of pixels in place,
   * `align_corners` the centres of the outer ones, `asymmetric` the first corner; `pytorch_half_pixel` is `half_pixel`
   * but for a result of size 1, which is taken at the start.
   */
  readonly coordinates?: 'half_pixel' | 'pytorch_half_pixel' | 'align_corners' | 'asymmetric';
  /** Which neighbour `nearest` takes; `round_prefer_floor` when left out. */
  readonly rounding?: 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil';
  /** Scales of the spatial axes, where they are not the quotients of the sizes. */
  readonly scales?: readonly number[];
}

/**
 * An image in another size. Along each axis this is a product with a matrix of weights, which is made while tracing.
 *
 * @param x [n, channels, length] or [n, channels, height, width]
 * @param size of the result's spatial axes
 */
export function resize(operand: Operand, size: readonly number[], options: ResizeOptions = {}): Value {
  const x = needFloat('resize', lift('resize', operand)[0]!);
  const axes = x.rank - 2;
  const fits =
    (axes === 1 || axes === 2) && size.length === axes && size.every((d) => Number.isInteger(d) && d > 0);
  if (!fits || (options.scales && options.scales.length !== axes)) {
    throw new ShapeError(
      `resize: a size and a scale for each spatial axis of [n, channels, length] or [n, channels, height, width] are needed: ` +
        `${showShape(size)} for ${showShape(x.shape)}`,
    );
  }
  const scales = options.scales ?? size.map((d, a) => d / x.shape[2 + a]!);
  if (axes === 1) {
    return withoutHeight(x, (image) => resize(image, [1, size[0]!], { ...options, scales: [1, scales[0]!] }));
  }
  if (repeats(x.shape.slice(2), size, scales, options)) return upsample(x, scales);
  const along = (a: number) => constant(weights(x, x.shape[2 + a]!, size[a]!, scales[a]!, options));
  const wide = x.shape[3] === size[1] && scales[1] === 1 ? x : matmul(x, along(1), { transB: true });
  return x.shape[2] === size[0] && scales[0] === 1 ? wide : matmul(along(0), wide);
}

/** Whether every element is merely repeated a whole number of times. */
function repeats(image: Shape, size: Shape, scales: readonly number[], options: ResizeOptions): boolean {
  const { mode = 'nearest', coordinates = 'half_pixel', rounding = 'round_prefer_floor' } = options;
  const whole = scales.every((s, a) => Number.isInteger(s) && size[a] === s * image[a]!);
  const centred = coordinates === 'half_pixel' && rounding.startsWith('round');
  return mode === 'nearest' && whole && (centred || (coordinates === 'asymmetric' && rounding === 'floor'));
}

/** [size of the result, size of the image]: a row of weights for each place of the result. */
function weights(x: Value, from: number, to: number, scale: number, options: ResizeOptions) {
  const { mode = 'nearest', coordinates = 'half_pixel', rounding = 'round_prefer_floor' } = options;
  const rows = new Float64Array(to * from);
  const clamp = (i: number) => Math.min(Math.max(i, 0), from - 1);
  for (let i = 0; i < to; i++) {
    const at = clampedPlace(i, from, to, scale, coordinates);
    const parts: readonly (readonly [number, number])[] =
      mode === 'linear'
        ? [
            [Math.floor(at), 1 - (at - Math.floor(at))],
            [Math.floor(at) + 1, at - Math.floor(at)],
          ]
        : [[rounded(at, rounding), 1]];
    for (const [place, weight] of parts) rows[i * from + clamp(place)]! += weight;
  }
  return { dtype: x.dtype, shape: [to, from], data: convert(rows, x.dtype) };
}

function clampedPlace(
  i: number,
  from: number,
  to: number,
  scale: number,
  coordinates: NonNullable<ResizeOptions['coordinates']>,
): number {
  const place = {
    half_pixel: () => (i + 0.5) / scale - 0.5,
    pytorch_half_pixel: () => (to === 1 ? 0 : (i + 0.5) / scale - 0.5),
    align_corners: () => (to === 1 ? 0 : (i * (from - 1)) / (to - 1)),
    asymmetric: () => i / scale,
  }[coordinates]();
  return Math.min(Math.max(place, 0), from - 1);
}

function rounded(place: number, rounding: NonNullable<ResizeOptions['rounding']>): number {
  const lower = Math.floor(place);
  switch (rounding) {
    case 'floor':
      return lower;
    case 'ceil':
      return Math.ceil(place);
    case 'round_prefer_floor':
      return place - lower > 0.5 ? lower + 1 : lower;
    case 'round_prefer_ceil':
      return place - lower >= 0.5 ? lower + 1 : lower;
  }
}
