import { ShapeError } from '../graph/errors.js';
import { type Shape, sameShape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { apply, constantOf, lift, needFloat, type Operand, showType } from './apply.js';
import type { OpAttributes } from './attributes.js';
import { type Convolution, emitConv, emitConvInput, emitConvWeight } from './conv-emission.js';
import { add } from './elementwise.js';
import { sum } from './reduce.js';
import type { Rules, Sample } from './rule.js';
import { reshape } from './shape.js';
import { normalizeSliding, type SlidingOptions, slidingSize, withoutHeight } from './sliding.js';

type Attributes = OpAttributes['conv'];

// A convolution is linear in the image and in the kernel. Its two adjoints are operators as well, and the gradients of each
// of the three are made of the other two, so that derivatives of any order are convolutions.
export const convRules: Rules<'conv' | 'convInput' | 'convWeight'> = {
  conv: {
    infer: ([x, w, bias], attributes) => {
      const size = convolvedSize(x!, w!.shape, attributes);
      if (bias && !sameShape(bias.shape, [w!.shape[0]!])) {
        throw new ShapeError(
          `conv: one bias for each of ${w!.shape[0]} kernels is needed: ${showType(bias)}`,
        );
      }
      return [{ dtype: x!.dtype, shape: [x!.shape[0]!, w!.shape[0]!, ...size] }];
    },
    emit: (e, [x, w, bias], { inputs: [image, kernel], outputs: [result], attributes }) => [
      emitConv(e, x!, w!, bias, {
        ...convolution(image!, kernel!.shape, result!.shape, attributes),
        constantKernel: constantOf(kernel!) !== undefined,
      }),
    ],
    vjp: ({ inputs: [x, w, bias], attributes }, [g], needs) => [
      g && needs[0] ? convInput(g, w!, x!.shape.slice(2), attributes) : undefined,
      g && needs[1] ? convWeight(x!, g, w!.shape.slice(2), attributes) : undefined,
      g && bias && needs[2] ? sum(g, { axes: [0, 2, 3] }) : undefined,
    ],
    samples: [
      ...convSamples<'conv'>((image, kernel, _, attributes) => ({
        inputs: [{ shape: image }, { shape: kernel }],
        attributes,
      })),
      {
        inputs: [{ shape: [2, 2, 3, 3] }, { shape: [3, 2, 2, 2] }, { shape: [3] }],
        attributes: { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 },
        smooth: true,
      },
    ],
  },
  convInput: {
    infer: ([g, w], { size, ...attributes }) => {
      const image = [g!.shape[0]!, w!.shape[1]! * attributes.groups, ...size];
      const back = [
        g!.shape[0]!,
        w!.shape[0]!,
        ...convolvedSize({ ...g!, shape: image }, w!.shape, attributes),
      ];
      needResult('convInput', g!, back);
      return [{ dtype: g!.dtype, shape: image }];
    },
    emit: (e, [g, w], { inputs: [result, kernel], outputs: [image], attributes }) => [
      emitConvInput(e, g!, w!, convolution(image!, kernel!.shape, result!.shape, attributes)),
    ],
    vjp: ({ inputs: [g, w], attributes: { size: _, ...attributes } }, [d], needs) => [
      d && needs[0] ? apply('conv', [d, w!], attributes) : undefined,
      d && needs[1] ? convWeight(d, g!, w!.shape.slice(2), attributes) : undefined,
    ],
    samples: convSamples((image, kernel, result, attributes) => ({
      inputs: [{ shape: result }, { shape: kernel }],
      attributes: { ...attributes, size: image.slice(2) },
    })),
  },
  convWeight: {
    infer: ([x, g], { size, ...attributes }) => {
      const kernel = [g!.shape[1]!, x!.shape[1]! / attributes.groups, ...size];
      needResult('convWeight', g!, [x!.shape[0]!, kernel[0]!, ...convolvedSize(x!, kernel, attributes)]);
      return [{ dtype: x!.dtype, shape: kernel }];
    },
    emit: (e, [x, g], { inputs: [image, result], outputs: [kernel], attributes }) => [
      emitConvWeight(e, x!, g!, convolution(image!, kernel!.shape, result!.shape, attributes)),
    ],
    vjp: ({ inputs: [x, g], attributes: { size: _, ...attributes } }, [d], needs) => [
      d && needs[0] ? convInput(g!, d, x!.shape.slice(2), attributes) : undefined,
      d && needs[1] ? apply('conv', [x!, d], attributes) : undefined,
    ],
    samples: convSamples((image, kernel, result, attributes) => ({
      inputs: [{ shape: image }, { shape: result }],
      attributes: { ...attributes, size: kernel.slice(2) },
    })),
  },
};

/** How a convolution's kernel moves, and what may be added to its result. */
export interface ConvOptions extends SlidingOptions {
  /** Image channels and kernels fall into this many groups that do not see each other; as many as channels: depthwise. */
  readonly groups?: number;
  /** [kernels], added to the result. */
  readonly bias?: Value;
}

/**
 * Convolution (cross-correlation, as everywhere in deep learning) over one or two spatial axes.
 *
 * @param x [n, channels, length] or [n, channels, height, width]
 * @param w [kernels, channels / groups, ...size of the kernel]
 * @returns [n, kernels, ...] with floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1 along each axis
 * @throws {ShapeError} when channels do not fit the groups, or the kernel is larger than the padded image
 */
export function conv(x: Operand, w: Operand, { bias, groups = 1, ...options }: ConvOptions = {}): Value {
  const [image, kernel] = lift('conv', x, w, ...(bias ? [bias] : [])) as [Value, Value];
  return overTwoAxes('conv', image, kernel, (i, k, height) => {
    const attributes = { ...normalizeSliding('conv', options, height), groups };
    return apply('conv', bias ? [i, k, bias] : [i, k], attributes);
  });
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Added to the size of the result, at the end of each axis: which of the sizes that the convolution maps to one is meant. */
  readonly outputPadding?: number | readonly number[];
}

/**
 * Transposed convolution: the adjoint of the convolution with the same options, which turns its result's shape back into its
 * image's, and so enlarges by the stride.
 *
 * @param x [n, channels, ...]
 * @param w [channels, kernels / groups, ...size of the kernel]
 * @returns [n, kernels, ...] with (size - 1) * stride - padding + dilation * (kernel - 1) + 1 + outputPadding along each axis
 */
export function convTranspose(
  x: Operand,
  w: Operand,
  { bias, groups = 1, outputPadding = 0, ...options }: ConvTransposeOptions = {},
): Value {
  const [image, kernel] = lift('convTranspose', x, w, ...(bias ? [bias] : [])) as [Value, Value];
  return overTwoAxes('convTranspose', image, kernel, (i, k, height) => {
    const sliding = normalizeSliding('convTranspose', options, height);
    const extra =
      typeof outputPadding === 'number' ? [height ? outputPadding : 0, outputPadding] : outputPadding;
    const more = extra.length === 2 ? extra : [0, ...extra];
    const size = [0, 1].map(
      (a) =>
        (i.shape[2 + a]! - 1) * sliding.strides[a]! -
        sliding.pads[a]! -
        sliding.pads[2 + a]! +
        sliding.dilations[a]! * (k.shape[2 + a]! - 1) +
        1 +
        more[a]!,
    );
    const y = convInput(i, k, size, { ...sliding, groups });
    return bias ? add(y, reshape(bias, [-1, 1, 1])) : y;
  });
}

/** The gradient of a convolution with respect to its image of the given spatial size. */
function convInput(g: Value, w: Value, size: Shape, attributes: Attributes): Value {
  const { strides, pads, dilations, groups } = attributes;
  return apply('convInput', [g, w], { strides, pads, dilations, groups, size });
}

/** The gradient of a convolution with respect to its kernel of the given spatial size. */
function convWeight(x: Value, g: Value, size: Shape, attributes: Attributes): Value {
  const { strides, pads, dilations, groups } = attributes;
  return apply('convWeight', [x, g], { strides, pads, dilations, groups, size });
}

/** Runs a function of two spatial axes on operands with one or two. */
function overTwoAxes(
  where: string,
  x: Value,
  w: Value,
  fn: (x: Value, w: Value, height: boolean) => Value,
): Value {
  needFloat(where, x);
  if ((x.rank !== 3 && x.rank !== 4) || w.rank !== x.rank) {
    throw new ShapeError(
      `${where}: [n, channels, length] or [n, channels, height, width] and a kernel of as many axes are needed: ` +
        `${showShape(x.shape)} and ${showShape(w.shape)}`,
    );
  }
  return x.rank === 4
    ? fn(x, w, true)
    : withoutHeight(x, (i) => fn(i, reshape(w, [...w.shape.slice(0, 2), 1, w.shape[2]!]), false));
}

function convolvedSize(x: { readonly shape: Shape }, kernel: Shape, attributes: Attributes): number[] {
  const { groups } = attributes;
  const channels = x.shape[1]!;
  if (
    !Number.isInteger(groups) ||
    groups < 1 ||
    channels !== kernel[1]! * groups ||
    kernel[0]! % groups !== 0
  ) {
    throw new ShapeError(
      `conv: ${channels} channels and kernels ${showShape(kernel)} do not fit ${groups} group${groups === 1 ? '' : 's'}: ` +
        'kernels are [kernels, channels / groups, ...]',
    );
  }
  return slidingSize('conv', x.shape.slice(2), kernel.slice(2), attributes);
}

function needResult(where: string, g: Value, expected: Shape): void {
  if (!sameShape(g.shape, expected)) {
    throw new ShapeError(
      `${where}: a value of shape ${showShape(expected)} is needed: ${showShape(g.shape)}`,
    );
  }
}

function convolution(image: Value, kernel: Shape, result: Shape, attributes: Attributes): Convolution {
  const { strides, pads, dilations, groups } = attributes;
  return { dtype: image.dtype, image: image.shape, kernel, result, strides, pads, dilations, groups };
}

/** Cases that the three operators share: padding, stride, dilation and groups, alone and together, even and not. */
function convSamples<O extends 'conv' | 'convInput' | 'convWeight'>(
  make: (
    image: Shape,
    kernel: Shape,
    result: Shape,
    attributes: Attributes,
  ) => Pick<Sample<O>, 'inputs' | 'attributes'>,
): Sample<O>[] {
  const cases: readonly (readonly [Shape, Shape, Attributes])[] = [
    [[2, 2, 4, 3], [3, 2, 3, 2], { strides: [1, 1], pads: [1, 0, 1, 1], dilations: [1, 1], groups: 1 }],
    [[1, 2, 5, 6], [2, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 }],
    [[1, 1, 6, 5], [1, 1, 2, 3], { strides: [3, 2], pads: [0, 2, 1, 0], dilations: [2, 1], groups: 1 }],
    [[1, 4, 3, 3], [4, 2, 2, 2], { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 2], groups: 2 }],
    [[2, 3, 3, 3], [3, 1, 3, 3], { strides: [1, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 3 }],
    [[1, 2, 4, 4], [3, 2, 2, 2], { strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 }],
    [[2, 3, 3, 3], [2, 3, 1, 1], { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 }],
    [[1, 1, 3, 3], [2, 1, 1, 1], { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 }],
  ];
  return cases.map(([image, kernel, attributes]) => {
    const size = slidingSize('conv', image.slice(2), kernel.slice(2), attributes);
    return { ...make(image, kernel, [image[0]!, kernel[0]!, ...size], attributes), smooth: true };
  });
}
