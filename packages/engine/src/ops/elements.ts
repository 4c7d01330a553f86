import { ShapeError } from '../graph/errors.js';
import { normalizeAxis, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { apply, lift, type Operand } from './apply.js';
import { indices, needIndices } from './indexing.js';
import type { Rules } from './rule.js';
import { zerosLike } from './shape.js';

/** Indexing by one index for each element, as opposed to one for each slice. */
type ElementOp = 'gatherElements' | 'scatterElements';

export const elementRules: Rules<ElementOp> = {
  gatherElements: {
    infer: ([x, at], { axis }) => {
      needFitting('gatherElements', x!, at!, axis);
      return [{ dtype: x!.dtype, shape: at!.shape }];
    },
    emit: (e, inputs, { attributes }) => [e.node('GatherElements', inputs, { axis: attributes.axis })],
    vjp: (node, [g]) => {
      const [x, at] = node.inputs as [Value, Value];
      return [g && scatterElementsAdd(zerosLike(x), at, g, node.attributes.axis), undefined];
    },
    samples: [
      { inputs: [{ shape: [2, 4] }, indices([0, 3, 3, 1], [2, 2])], attributes: { axis: 1 }, smooth: true },
      { inputs: [{ shape: [3, 2] }, indices([2, 0], [1, 2])], attributes: { axis: 0 }, smooth: true },
      { inputs: [{ shape: [3, 2] }, indices([], [0, 2])], attributes: { axis: 0 }, smooth: true },
    ],
  },
  scatterElements: {
    infer: ([x, at, updates], { axis }) => {
      needFitting('scatterElements', x!, at!, axis);
      if (updates!.dtype !== x!.dtype || updates!.shape.some((d, i) => d !== at!.shape[i])) {
        throw new ShapeError(
          `scatterElements: updates must have the shape of the indices: ${showShape(updates!.shape)} and ${showShape(at!.shape)}`,
        );
      }
      return [x!];
    },
    emit: (e, inputs, { attributes: { axis, reduction } }) => [
      e.node('ScatterElements', inputs, { axis, reduction }),
    ],
    vjp: (node, [g], needs) => {
      const [at, updates] = node.inputs.slice(1) as [Value, Value];
      const { axis, reduction } = node.attributes;
      const through = () => (reduction === 'add' ? g! : scatterElements(g!, at, zerosLike(updates), axis));
      return [
        g && needs[0] ? through() : undefined,
        undefined,
        g && needs[2] ? gatherElements(g, at, axis) : undefined,
      ];
    },
    samples: (['add', 'none'] as const).flatMap((reduction) => [
      {
        inputs: [
          { shape: [2, 3] },
          indices(reduction === 'add' ? [2, 2, 0, 1] : [2, 0, 0, 1], [2, 2]),
          { shape: [2, 2] },
        ],
        attributes: { axis: 1, reduction },
        smooth: true,
      },
      {
        inputs: [{ shape: [3, 2] }, indices([2, 0], [1, 2]), { shape: [1, 2] }],
        attributes: { axis: 0, reduction },
        smooth: true,
      },
    ]),
  },
};

function needFitting(where: string, x: Value, at: Value, axis: number): void {
  needIndices(where, at);
  if (at.rank !== x.rank || at.shape.some((d, i) => i !== axis && d > x.shape[i]!)) {
    throw new ShapeError(
      `${where}: indices must have the rank of the operand and fit into it beside axis ${axis}: ${showShape(at.shape)} and ${showShape(x.shape)}`,
    );
  }
}

/**
 * Elements picked along an axis: result[i, j] = x[i, at[i, j]] for axis 1.
 *
 * @param x [n_1, ..., n_r]
 * @param at integer indices of the same rank, in -n..n-1; no longer than `x` along the other axes
 * @returns the shape of `at`
 */
export function gatherElements(x: Operand, at: Value, axis = -1): Value {
  const v = lift('gatherElements', x)[0]!;
  return apply('gatherElements', [v, at], { axis: normalizeAxis(axis, v.rank, 'gatherElements') });
}

/** `x` with elements replaced along an axis: result[i, at[i, j]] = updates[i, j] for axis 1. Indices must not repeat. */
export function scatterElements(x: Value, at: Value, updates: Value, axis = -1): Value {
  const own = normalizeAxis(axis, x.rank, 'scatterElements');
  return apply('scatterElements', [x, at, updates], { axis: own, reduction: 'none' });
}

/** Like `scatterElements`, but adds; indices may repeat. The adjoint of `gatherElements`. */
export function scatterElementsAdd(x: Value, at: Value, updates: Value, axis = -1): Value {
  const own = normalizeAxis(axis, x.rank, 'scatterElementsAdd');
  return apply('scatterElements', [x, at, updates], { axis: own, reduction: 'add' });
}
