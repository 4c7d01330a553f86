import { ShapeError } from '../graph/errors.js';
import { showShape } from '../graph/shape.js';
import { tensor } from '../graph/tensor.js';
import type { Type, Value } from '../graph/value.js';
import { apply } from './apply.js';
import type { Emitter, Rules } from './rule.js';

export const quantileIndexRules: Rules<'quantileIndex'> = {
  quantileIndex: {
    infer: ([weights, at]) => {
      const { shape } = weights!;
      const expected = [...shape.slice(0, -1), 1];
      if (
        shape.at(-1) === 0 ||
        showShape(at!.shape) !== showShape(expected) ||
        at!.dtype !== weights!.dtype
      ) {
        throw new ShapeError(
          `quantileIndex: needs one fraction for each row of weights: ${showShape(shape)}, ${showShape(at!.shape)}`,
        );
      }
      return [{ dtype: 'int32', shape: expected }];
    },
    emit: (e, [weights, at], { inputs }) => {
      const size = inputs[0]!.shape.at(-1)!;
      const type = inputs[0]!;
      // Sums of blocks first, since a running sum over all would be a pass in single steps.
      const block = Math.ceil(Math.sqrt(size));
      const blocks = Math.ceil(size / block);
      const rest = blocks * block - size;
      const rows = e.node('Reshape', [weights!, e.int64s([-1, size])]);
      const padded = rest === 0 ? rows : e.node('Pad', [rows, e.int64s([0, 0, 0, rest])]);
      const blocked = e.node('Reshape', [padded, e.int64s([-1, blocks, block])]);

      const outer = runningSums(
        e,
        e.node('ReduceSum', [blocked, e.int64s([2])], { keepdims: 0 }),
        blocks,
        type,
      );
      const target = e.node('Mul', [outer.total, e.node('Reshape', [at!, e.int64s([-1, 1])])]);
      const chosen = outer.passed(target);
      const own = e.node('GatherND', [blocked, e.cast(chosen.count, 'int64')], { batch_dims: 1 });
      const inner = runningSums(e, own, block, type);
      const place = inner.passed(e.node('Sub', [target, chosen.sum]));
      const index = e.node('Add', [e.node('Mul', [chosen.count, e.scalar(block, type)]), place.count]);
      return [e.node('Reshape', [e.cast(index, 'int32'), e.node('Shape', [at!])])];
    },
    vjp: null,
    samples: [
      {
        inputs: [
          { shape: [2, 5], fixed: tensor([1, 0, 2, 0, 1, 0, 0, 3, 1, 0], [2, 5]) },
          { shape: [2, 1], fixed: tensor([0.5, 0.9], [2, 1]) },
        ],
        attributes: {},
      },
    ],
  },
};

/** Running sums of rows [count, size], and how many of them, and up to what sum, a target [count, 1] has passed. */
function runningSums(e: Emitter, rows: string, size: number, type: Type) {
  const upper = Float32Array.from({ length: size * size }, (_, i) =>
    i % size >= Math.floor(i / size) ? 1 : 0,
  );
  const triangle = e.constant(tensor(upper, [size, size], type.dtype));
  const sums = e.node('MatMul', [rows, triangle]);
  const over = (op: string, x: string) => e.node(op, [x, e.int64s([1])], { keepdims: 1 });
  // The last of the sums is the largest.
  const total = over('ReduceMax', sums);
  return {
    total,
    passed: (target: string) => {
      // A target may reach the whole sum by rounding; what has weight is found below it.
      const below = e.node('Min', [target, e.node('Mul', [total, e.scalar(1 - 2 ** -23, type)])]);
      const passed = e.cast(e.node('LessOrEqual', [sums, below]), type.dtype);
      return {
        count: e.node('Min', [over('ReduceSum', passed), e.scalar(size - 1, type)]),
        sum: over('ReduceMax', e.node('Mul', [passed, sums])),
      };
    },
  };
}

/**
 * Where the running sum of weights exceeds a fraction of their sum: with a uniform fraction, an index drawn in proportion to its weight
 * (inverse transform sampling). What is computed is the same for any number of rows (see `compileInference`).
 *
 * @param weights at least 0, [..., size]
 * @param at fractions in [0, 1), [..., 1]
 * @returns [..., 1] of int32
 */
export function quantileIndex(weights: Value, at: Value): Value {
  return apply('quantileIndex', [weights, at], {});
}
