import { ShapeError } from '../graph/errors.js';
import { normalizeAxes, type Shape, sizeOf } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { apply, lift, type Operand } from './apply.js';
import { abs, add, cast, div, equal, exp, less, log, maximum, mul, sqrt, sub, where } from './elementwise.js';
import { foldReduction } from './folding.js';
import type { Rule, Rules } from './rule.js';
import { rsqrt } from './scalar-functions.js';
import { broadcastTo, reshape } from './shape.js';
import { stopGradient } from './sources.js';

type Reduction = 'reduceSum' | 'reduceMean' | 'reduceMax' | 'reduceMin' | 'reduceProd';

/** Axes that a reduction runs over, whether they stay as size 1, and how its name reads in errors. */
export interface ReduceOptions {
  /** One axis or several, negative from the end; all when left out. */
  readonly axes?: number | readonly number[];
  /** Reduced axes stay with size 1. */
  readonly keepDims?: boolean;
}

function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims
    ? shape.map((d, i) => (axes.includes(i) ? 1 : d))
    : shape.filter((_, i) => !axes.includes(i));
}

/** The result of a reduction, or its cotangent, in a shape that broadcasts against the operand. */
function kept(v: Value, x: Value, axes: readonly number[]): Value {
  return reshape(v, reducedShape(x.shape, axes, true));
}

function reduction<O extends Reduction>(
  onnx: string,
  vjp: (x: Value, y: Value, g: Value, axes: readonly number[]) => Value,
  fold: { readonly start: number; readonly combine: (a: number, b: number) => number } | undefined,
  options: { readonly rough?: boolean; readonly emptyFails?: boolean } = {},
): Rule<O> {
  const cases: readonly (readonly [Shape, readonly number[], boolean])[] = [
    [[2, 3, 4], [1], false],
    [[2, 3, 4], [0, 2], true],
    [[3], [0], false],
    [[2, 1], [1], false],
    ...(options.emptyFails ? [] : [[[0, 2], [0], false] as const]),
  ];
  return {
    infer: ([x], { axes, keepDims }) => {
      if (options.emptyFails && axes.some((a) => x!.shape[a] === 0)) {
        throw new ShapeError(`${onnx}: an empty axis has no such value: [${x!.shape.join(', ')}]`);
      }
      return [{ dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepDims) }];
    },
    emit: (e, [x], { attributes }) => [
      e.node(onnx, [x!, e.int64s(attributes.axes)], { keepdims: attributes.keepDims ? 1 : 0 }),
    ],
    vjp: (node, [g]) => {
      const [x, axes] = [node.inputs[0]!, node.attributes.axes];
      return [g && vjp(x, kept(node.outputs[0]!, x, axes), kept(g, x, axes), axes)];
    },
    simplify: ([x], { axes, keepDims }) =>
      axes.every((a) => x!.shape[a] === 1) ? reshape(x!, reducedShape(x!.shape, axes, keepDims)) : undefined,
    ...(fold && {
      fold: ([x], { axes }, type) => foldReduction(x!, axes, type, fold.start, fold.combine),
    }),
    samples: cases.map(([shape, axes, keepDims]) => ({
      inputs: [{ shape, range: [0.3, 2] }],
      attributes: { axes, keepDims },
      smooth: !options.rough,
    })),
  };
}

const count = (x: Value, axes: readonly number[]) => sizeOf(axes.map((a) => x.shape[a]!));

/** Equal extremes share the cotangent evenly. */
function shareAmongExtremes(x: Value, y: Value, g: Value, axes: readonly number[]): Value {
  const mask = cast(equal(x, y), x.dtype);
  return mul(mask, div(g, sum(mask, { axes, keepDims: true })));
}

export const reduceRules: Rules<Reduction> = {
  reduceSum: reduction('ReduceSum', (x, _, g) => broadcastTo(g, x.shape), {
    start: 0,
    combine: (a, b) => a + b,
  }),
  reduceMean: reduction(
    'ReduceMean',
    (x, _, g, axes) => broadcastTo(mul(g, 1 / count(x, axes)), x.shape),
    undefined,
    {
      emptyFails: true,
    },
  ),
  reduceMax: reduction(
    'ReduceMax',
    shareAmongExtremes,
    { start: -Infinity, combine: Math.max },
    { rough: true, emptyFails: true },
  ),
  reduceMin: reduction(
    'ReduceMin',
    shareAmongExtremes,
    { start: Infinity, combine: Math.min },
    { rough: true, emptyFails: true },
  ),
  // Valid where no factor is zero.
  reduceProd: reduction('ReduceProd', (x, y, g) => div(mul(g, y), x), { start: 1, combine: (a, b) => a * b }),
};

function over(op: Reduction, name: string): (x: Operand, options?: ReduceOptions) => Value {
  return (operand, { axes, keepDims = false } = {}) => {
    const x = lift(name, operand)[0]!;
    return apply(op, [x], { axes: normalizeAxes(axes, x.rank, name), keepDims });
  };
}

export const sum = over('reduceSum', 'sum');
export const mean = over('reduceMean', 'mean');
/** Largest element; equal ones share the gradient. */
export const max = over('reduceMax', 'max');
/** Smallest element; equal ones share the gradient. */
export const min = over('reduceMin', 'min');
/** Product; the gradient is defined where no factor is zero. */
export const prod = over('reduceProd', 'prod');

/** log(sum(exp(x))), computed without overflow. */
export function logSumExp(x: Value, { axes, keepDims = false }: ReduceOptions = {}): Value {
  const own = normalizeAxes(axes, x.rank, 'logSumExp');
  // The result does not depend on the shift, so that its gradient need not be followed.
  const top = stopGradient(finiteOrZero(max(x, { axes: own, keepDims: true })));
  const total = sum(exp(sub(x, top)), { axes: own, keepDims: true });
  return reshape(add(log(total), top), reducedShape(x.shape, own, keepDims));
}

/** Shifts by an infinite maximum would make the difference of two infinities. */
function finiteOrZero(x: Value): Value {
  return where(less(abs(x), Infinity), x, 0);
}

/** Population variance; `correction` 1 gives the unbiased estimate. */
export function variance(x: Value, options: ReduceOptions & { readonly correction?: number } = {}): Value {
  const axes = normalizeAxes(options.axes, x.rank, 'variance');
  const centred = sub(x, mean(x, { axes, keepDims: true }));
  const total = sum(mul(centred, centred), { axes, keepDims: options.keepDims ?? false });
  return mul(total, 1 / (count(x, axes) - (options.correction ?? 0)));
}

/**
 * Vector norm over axes: `order` 2 (Euclidean, the default), 1 (sum of magnitudes) or Infinity (largest magnitude). The gradient of
 * the Euclidean norm at zero is not defined: add a small number under the root where that can happen.
 */
export function norm(
  x: Value,
  options: ReduceOptions & { readonly order?: 1 | 2 | typeof Infinity } = {},
): Value {
  switch (options.order ?? 2) {
    case 1:
      return sum(abs(x), options);
    case 2:
      return sqrt(sum(mul(x, x), options));
    case Infinity:
      return max(abs(x), options);
    default:
      throw new ShapeError(`norm: the order must be 1, 2 or Infinity: ${options.order}`);
  }
}

/** Vectors along an axis divided by their Euclidean norms, which count as at least `epsilon`. */
export function normalize(x: Value, { axis = -1, epsilon = 1e-8 } = {}): Value {
  // The square is floored, not the norm, so that the root has a gradient at zero.
  const square = maximum(sum(mul(x, x), { axes: axis, keepDims: true }), epsilon ** 2);
  return mul(x, rsqrt(square));
}

/**
 * Cosine of the angle between vectors along an axis: x . y / (|x| |y|), in -1..1, where norms count as at least `epsilon`.
 *
 * @param x, y shapes that broadcast; the axis counts from the end of both
 */
export function cosineSimilarity(
  x: Value,
  y: Value,
  options: { axis?: number; epsilon?: number } = {},
): Value {
  return sum(mul(normalize(x, options), normalize(y, options)), { axes: options.axis ?? -1 });
}

/** Sums a cotangent over the axes along which an operand of the given shape was broadcast. */
export function sumTo(g: Value, shape: Shape): Value {
  const offset = g.rank - shape.length;
  const axes = g.shape.flatMap((d, i) => (i < offset || (shape[i - offset] === 1 && d !== 1) ? [i] : []));
  return axes.length === 0 ? g : reshape(sum(g, { axes }), shape);
}
