import { ShapeError } from '../graph/errors.js';
import { type Shape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import type { Sliding } from './attributes.js';
import { reshape } from './shape.js';

/** How a window moves over the spatial axes. A single number stands for every axis. */
export interface SlidingOptions {
  /** Steps between the window's positions; 1 when left out. */
  readonly stride?: number | readonly number[];
  /** Border widths, 0 when left out: one number for each axis, or all those before the axes followed by all those after. */
  readonly padding?: number | readonly number[];
  /** Distance between the window's taps; 1 when left out. */
  readonly dilation?: number | readonly number[];
}

/** Options as attributes over two axes; without a height, options of the one axis there is. */
export function normalizeSliding(where: string, options: SlidingOptions, height: boolean): Sliding {
  const { stride = 1, padding = 0, dilation = 1 } = options;
  const pads = pairOf(where, 'padding', padding, height, 0);
  return {
    strides: pairOf(where, 'stride', stride, height, 1),
    pads: pads.length === 2 ? [...pads, ...pads] : pads,
    dilations: pairOf(where, 'dilation', dilation, height, 1),
  };
}

function pairOf(
  where: string,
  name: string,
  given: number | readonly number[],
  height: boolean,
  least: number,
): readonly number[] {
  const axes = height ? 2 : 1;
  const list = typeof given === 'number' ? new Array<number>(axes).fill(given) : given;
  const fits = list.length === axes || (name === 'padding' && list.length === 2 * axes);
  if (!fits || list.some((n) => !Number.isInteger(n) || n < least)) {
    throw new ShapeError(
      `${where}: ${name} must be integers from ${least} for ${axes} axes: ${JSON.stringify(given)}`,
    );
  }
  return height ? list : list.flatMap((n) => [least, n]);
}

/** Positions of a window along each axis. */
export function slidingSize(where: string, image: Shape, window: Shape, s: Sliding): number[] {
  return image.map((size, a) => {
    const room = size + s.pads[a]! + s.pads[a + image.length]! - s.dilations[a]! * (window[a]! - 1) - 1;
    if (room < 0) {
      throw new ShapeError(
        `${where}: the window ${showShape(window)} is larger than the padded image ${showShape(image)}`,
      );
    }
    return Math.floor(room / s.strides[a]!) + 1;
  });
}

/** Runs a function over two spatial axes on [n, channels, length], as an image of height 1. */
export function withoutHeight(x: Value, fn: (x: Value) => Value): Value {
  const y = fn(reshape(x, [x.shape[0]!, x.shape[1]!, 1, x.shape[2]!]));
  return reshape(y, [y.shape[0]!, y.shape[1]!, y.shape[3]!]);
}
