import { ShapeError } from '../graph/errors.js';
import type { Shape } from '../graph/shape.js';
import type { Type, Value } from '../graph/value.js';
import { applyAll, needFloat, showType } from './apply.js';
import { add, mul, sub } from './elementwise.js';
import { matmul } from './matmul.js';
import { sumTo } from './reduce.js';
import type { Emitter, Rules, Sample } from './rule.js';
import { reshape, zerosLike } from './shape.js';

type Normalization = 'layerNorm' | 'rmsNorm';

const epsilon = 1e-5;
const shapes: readonly Shape[] = [[3, 4], [2, 2, 3], [5]];

/** Both operators also give the statistics that their kernels compute on the way, [..., 1], of which gradients are made. */
export const normalizationRules: Rules<Normalization> = {
  // Outputs y, mean and inverse = 1 / sqrt(variance + epsilon).
  layerNorm: {
    infer: ([x, ...vectors]) => {
      needWidths('layerNorm', x!, vectors);
      return [x!, statistic(x!), statistic(x!)];
    },
    emit: (e, names, { inputs, attributes: { epsilon } }) => {
      if (inputs[0]!.dtype !== 'float64') {
        return e.nodeWithOutputs('LayerNormalization', names, 3, { axis: -1, epsilon: { float: epsilon } });
      }
      const [x, scale, bias] = names as [string, string, string | undefined];
      const mean = lastMean(e, x);
      const centred = e.node('Sub', [x, mean]);
      const inverse = inverseRoot(e, centred, epsilon, inputs[0]!);
      const scaled = e.node('Mul', [e.node('Mul', [centred, inverse]), scale]);
      return [bias === undefined ? scaled : e.node('Add', [scaled, bias]), mean, inverse];
    },
    vjp: (node, [given, gMean, gInverse], needs) => {
      const [x, scale] = node.inputs as [Value, Value];
      const [y, mean, inverse] = node.outputs as [Value, Value, Value];
      const g = given ?? zerosLike(y);
      const { dx, dScale } = scaledVjp(sub(x, mean), scale, inverse, g, gInverse);
      const gShift = mul(inverse, againstVector(g, scale));
      const shift = mul(gMean ? sub(gShift, gMean) : gShift, 1 / x.dim(-1));
      return [
        needs[0] ? sub(dx(), shift) : undefined,
        needs[1] ? dScale() : undefined,
        needs[2] ? sumTo(g, scale.shape) : undefined,
      ];
    },
    samples: [
      ...shapes.map(
        (shape): Sample<'layerNorm'> => ({
          inputs: [{ shape }, { shape: shape.slice(-1) }, { shape: shape.slice(-1) }],
          attributes: { epsilon },
          smooth: true,
        }),
      ),
      { inputs: [{ shape: [2, 3] }, { shape: [3] }], attributes: { epsilon: 0.1 }, smooth: true },
    ],
  },
  // Outputs y and inverse = 1 / sqrt(mean(x^2) + epsilon).
  rmsNorm: {
    infer: ([x, ...vectors]) => {
      needWidths('rmsNorm', x!, vectors);
      return [x!, statistic(x!)];
    },
    emit: (e, names, { inputs, attributes: { epsilon } }) => {
      // The runtime's own, though in ONNX's domain.
      if (inputs[0]!.dtype !== 'float64' && !e.portable) {
        const attributes = { axis: -1, epsilon: { float: epsilon } };
        return e.nodeWithOutputs('SimplifiedLayerNormalization', names, 2, attributes);
      }
      const inverse = inverseRoot(e, names[0]!, epsilon, inputs[0]!);
      return [e.node('Mul', [e.node('Mul', [names[0]!, inverse]), names[1]!]), inverse];
    },
    vjp: (node, [given, gInverse], needs) => {
      const [x, scale] = node.inputs as [Value, Value];
      const [y, inverse] = node.outputs as [Value, Value];
      const { dx, dScale } = scaledVjp(x, scale, inverse, given ?? zerosLike(y), gInverse);
      return [needs[0] ? dx() : undefined, needs[1] ? dScale() : undefined];
    },
    samples: shapes.map((shape) => ({
      inputs: [{ shape }, { shape: shape.slice(-1) }],
      attributes: { epsilon },
      smooth: true,
    })),
  },
};

function statistic(x: Type): Type {
  return { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] };
}

function needWidths(where: string, x: Value, vectors: readonly Value[]): void {
  for (const v of vectors) {
    if (x.rank === 0 || v.rank !== 1 || v.dtype !== x.dtype || v.shape[0] !== x.dim(-1)) {
      throw new ShapeError(
        `${where}: scale and bias must be vectors of the last axis' size: ${showType(v)} against ${showType(x)}`,
      );
    }
  }
}

/**
 * Cotangents of c in y = c inverse scale, where inverse = 1 / sqrt(mean(c^2) + epsilon), and of the scale:
 * dc = g scale inverse - c inverse^3 (sum(g scale c) + d inverse) / width.
 */
function scaledVjp(c: Value, scale: Value, inverse: Value, g: Value, gInverse: Value | undefined) {
  const product = mul(g, c);
  return {
    dx: () => {
      const along = againstVector(product, scale);
      const cube = mul(inverse, mul(inverse, mul(inverse, 1 / c.dim(-1))));
      const pull = mul(gInverse ? add(along, gInverse) : along, cube);
      return sub(mul(mul(g, scale), inverse), mul(c, pull));
    },
    dScale: () => {
      const [rows, factors] = [reshape(product, [-1, c.dim(-1)]), reshape(inverse, [1, -1])];
      return reshape(matmul(factors, rows), scale.shape);
    },
  };
}

/** Sum over the last axis of the product with a vector, kept as [..., 1]: a matrix product reads its operand only once. */
function againstVector(x: Value, vector: Value): Value {
  return matmul(x.rank === 1 ? reshape(x, [1, -1]) : x, reshape(vector, [-1, 1]));
}

// The emissions in float64, whose kernels do not give the statistics.

function lastMean(e: Emitter, x: string): string {
  return e.node('ReduceMean', [x, e.int64s([-1])], { keepdims: 1 });
}

function inverseRoot(e: Emitter, x: string, epsilon: number, type: Type): string {
  const variance = lastMean(e, e.node('Mul', [x, x]));
  return e.node('Reciprocal', [e.node('Sqrt', [e.node('Add', [variance, e.scalar(epsilon, type)])])]);
}

/**
 * Layer normalization over the last axis (Ba et al. 2016): (x - mean) / sqrt(variance + epsilon) * scale + bias.
 *
 * @param x [..., width]
 * @param scale [width]
 * @param bias [width]; none when left out
 */
export function layerNorm(x: Value, scale: Value, bias?: Value, epsilon = 1e-5): Value {
  const inputs = [needFloat('layerNorm', x), scale, ...(bias ? [bias] : [])];
  return applyAll('layerNorm', inputs, { epsilon })[0]!;
}

/**
 * Root-mean-square normalization over the last axis (Zhang and Sennrich 2019): x / sqrt(mean(x^2) + epsilon) * scale.
 *
 * @param x [..., width]
 * @param scale [width]
 */
export function rmsNorm(x: Value, scale: Value, epsilon = 1e-6): Value {
  return applyAll('rmsNorm', [needFloat('rmsNorm', x), scale], { epsilon })[0]!;
}
