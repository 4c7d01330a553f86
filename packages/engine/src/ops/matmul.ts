import { ShapeError } from '../graph/errors.js';
import { broadcastShapes, showShape } from '../graph/shape.js';
import { zerosTensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { apply, isOp, lift, needFloat, type Operand, splatOf } from './apply.js';
import { add } from './elementwise.js';
import { sumTo } from './reduce.js';
import type { Emitter, NodeOf, Rules } from './rule.js';
import { reshape } from './shape.js';

const lastTwo = (shape: readonly number[], swapped: boolean): readonly [number, number] => {
  const [m, n] = [shape.at(-2)!, shape.at(-1)!];
  return swapped ? [n, m] : [m, n];
};

/** The operand under a transpose of its last two axes, if it is one. */
function untransposed(v: Value): Value | undefined {
  if (!isOp(v.node, 'transpose')) return undefined;
  const { permutation } = v.node.attributes;
  const r = permutation.length;
  const swaps = permutation.every((a, i) => a === (i === r - 1 ? r - 2 : i === r - 2 ? r - 1 : i));
  return swaps ? v.node.inputs[0] : undefined;
}

/** The parts of a matrix that is a sum with a product of much lower rank, as an adapter adds to a weight. */
function lowRankTerm(v: Value): { rest: Value; product: NodeOf<'matmul'> } | undefined {
  if (!isOp(v.node, 'add') || v.rank !== 2) return undefined;
  const [rest, product] = v.node.inputs as [Value, Value];
  if (!isOp(product.node, 'matmul') || rest.rank !== 2) return undefined;
  const rank = lastTwo(product.node.inputs[0]!.shape, product.node.attributes.transA)[1];
  return rank * 4 <= Math.min(...v.shape) ? { rest, product: product.node } : undefined;
}

export const matmulRules: Rules<'matmul'> = {
  matmul: {
    infer: ([a, b], { transA, transB }) => {
      if (a!.rank < 2 || b!.rank < 2) {
        throw new ShapeError(
          `matmul: operands of two dimensions or more are needed: ${showShape(a!.shape)} and ${showShape(b!.shape)}`,
        );
      }
      const [m, k] = lastTwo(a!.shape, transA);
      const [k2, n] = lastTwo(b!.shape, transB);
      if (k !== k2) {
        throw new ShapeError(
          `matmul: inner dimensions differ: ${k} and ${k2} of ${showShape(a!.shape)} and ${showShape(b!.shape)}`,
        );
      }
      const batch = broadcastShapes('matmul', a!.shape.slice(0, -2), b!.shape.slice(0, -2));
      return [{ dtype: a!.dtype, shape: [...batch, m, n] }];
    },
    emit: (e, inputs, node) => {
      const { transA, transB, alpha } = node.attributes;
      const [[a], [y]] = [node.inputs as [Value], node.outputs as [Value]];
      // The runtime leaves sums of nothing as it finds the memory.
      if (lastTwo(a.shape, transA)[1] === 0) return [e.constant(zerosTensor(y.shape, y.dtype))];
      if (!transA && !transB && alpha === 1) return [e.node('MatMul', inputs)];
      if (e.portable) return [portableForm(e, inputs, node)];
      const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: alpha } };
      return [e.node('FusedMatMul', inputs, attributes, 'com.microsoft')];
    },
    vjp: (node, [g], needs) => {
      if (!g) return [];
      const [a, b] = node.inputs as [Value, Value];
      const { transA, transB, alpha } = node.attributes;
      // A matrix against a stack: the stack is one tall matrix, and its gradient one product instead of a sum of many.
      if (b.rank === 2 && a.rank > 2 && !transA) {
        const [rows, wide] = [reshape(a, [-1, a.dim(-1)]), reshape(g, [-1, g.dim(-1)])];
        const da = needs[0] ? matmul(g, b, { transB: !transB, alpha }) : undefined;
        const db = transB
          ? matmul(wide, rows, { transA: true, alpha })
          : matmul(rows, wide, { transA: true, alpha });
        return [da, needs[1] ? db : undefined];
      }
      const da = () =>
        transA
          ? matmul(b, g, { transA: transB, transB: true, alpha })
          : matmul(g, b, { transB: !transB, alpha });
      const db = () =>
        transB
          ? matmul(g, a, { transA: true, transB: transA, alpha })
          : matmul(a, g, { transA: !transA, alpha });
      return [needs[0] ? sumTo(da(), a.shape) : undefined, needs[1] ? sumTo(db(), b.shape) : undefined];
    },
    simplify: ([a, b], { transA, transB, alpha }) => {
      const [ta, tb] = [untransposed(a!), untransposed(b!)];
      if (ta || tb) {
        return apply('matmul', [ta ?? a!, tb ?? b!], {
          transA: transA !== Boolean(ta),
          transB: transB !== Boolean(tb),
          alpha,
        });
      }
      const thin = lowRankTerm(b!);
      if (thin) {
        // x (W + U V) = x W + (x U) V: cheaper, and no gradient of W's size arises when W is not trained.
        const [u, v] = thin.product.inputs as [Value, Value];
        const { transA: ut, transB: vt, alpha: factor } = thin.product.attributes;
        const inner = transB ? matmul(a!, v, { transA, transB: !vt }) : matmul(a!, u, { transA, transB: ut });
        const outer = transB
          ? matmul(inner, u, { transB: !ut, alpha: alpha * factor })
          : matmul(inner, v, { transB: vt, alpha: alpha * factor });
        return add(matmul(a!, thin.rest, { transA, transB, alpha }), outer);
      }
      // A number times an operand is the product's own factor.
      for (const [i, v] of [a!, b!].entries()) {
        if (!isOp(v.node, 'mul')) continue;
        const [x, y] = v.node.inputs as [Value, Value];
        const factor = splatOf(y) ?? splatOf(x);
        const rest = splatOf(y) === undefined ? y : x;
        if (factor === undefined || rest.rank !== v.rank) continue;
        return apply('matmul', i === 0 ? [rest, b!] : [a!, rest], { transA, transB, alpha: alpha * factor });
      }
      return undefined;
    },
    samples: [
      {
        inputs: [{ shape: [2, 3] }, { shape: [3, 4] }],
        attributes: { transA: false, transB: false, alpha: 1 },
        smooth: true,
      },
      {
        inputs: [{ shape: [3, 2] }, { shape: [4, 3] }],
        attributes: { transA: true, transB: true, alpha: 0.5 },
        smooth: true,
      },
      {
        inputs: [{ shape: [2, 1, 2, 3] }, { shape: [4, 3, 1] }],
        attributes: { transA: false, transB: false, alpha: 1 },
        smooth: true,
      },
      {
        inputs: [{ shape: [2, 2, 3] }, { shape: [4, 3] }],
        attributes: { transA: false, transB: true, alpha: 2 },
        smooth: true,
      },
      {
        inputs: [{ shape: [2, 3, 2] }, { shape: [2, 3, 5] }],
        attributes: { transA: true, transB: false, alpha: 1 },
        smooth: true,
      },
      {
        inputs: [{ shape: [0, 3] }, { shape: [3, 2] }],
        attributes: { transA: false, transB: false, alpha: 1 },
        smooth: true,
      },
    ],
  },
};

/** The product with transposes and factor as nodes of their own; those of a constant are computed when a runtime loads the model. */
function portableForm(e: Emitter, [a, b]: readonly string[], node: NodeOf<'matmul'>): string {
  const { transA, transB, alpha } = node.attributes;
  const swapped = (name: string, { rank }: Value) => {
    const axes = Array.from({ length: rank }, (_, i) => i);
    return e.node('Transpose', [name], { perm: [...axes.slice(0, -2), rank - 1, rank - 2] });
  };
  const left = transA ? swapped(a!, node.inputs[0]!) : a!;
  const right = transB ? swapped(b!, node.inputs[1]!) : b!;
  const product = e.node('MatMul', [left, right]);
  return alpha === 1 ? product : e.node('Mul', [product, e.scalar(alpha, node.inputs[0]!)]);
}

export interface MatmulOptions {
  /** Swap the last two axes of the first operand. */
  readonly transA?: boolean;
  /** Swap the last two axes of the second operand. */
  readonly transB?: boolean;
  /** A factor on the product, at no cost. */
  readonly alpha?: number;
}

/**
 * Matrix product of the last two axes; leading axes broadcast. A vector operand is taken as a row on the left and a column on
 * the right, as NumPy does.
 *
 * @param first [..., m, k] (or [..., k, m] with `transA`)
 * @param second [..., k, n] (or [..., n, k] with `transB`)
 * @returns [..., m, n]
 */
export function matmul(first: Operand, second: Operand, options: MatmulOptions = {}): Value {
  const [a, b] = lift('matmul', first, second) as [Value, Value];
  needFloat('matmul', a);
  const { transA = false, transB = false, alpha = 1 } = options;
  if (a.rank === 1) return dropAxis(matmul(reshape(a, [1, -1]), b, { transB, alpha }), -2);
  if (b.rank === 1) return dropAxis(matmul(a, reshape(b, [-1, 1]), { transA, alpha }), -1);
  return apply('matmul', [a, b], { transA, transB, alpha });
}

function dropAxis(x: Value, axis: -1 | -2): Value {
  return reshape(
    x,
    x.shape.filter((_, i) => i !== x.rank + axis),
  );
}
