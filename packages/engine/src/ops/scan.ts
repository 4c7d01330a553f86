import { normalizeAxis, type Shape } from '../graph/shape.js';
import { type Tensor, tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { apply } from './apply.js';
import type { Rules, Sample } from './rule.js';

const cases: readonly (readonly [Shape, number, boolean, boolean])[] = [
  [[2, 4], 1, false, false],
  [[3, 2], 0, true, false],
  [[2, 3, 2], 1, false, true],
  [[5], 0, true, true],
  [[0, 2], 0, false, false],
];

const axisScalar = (axis: number): Tensor => tensor(BigInt64Array.of(BigInt(axis)), []);

export const scanRules: Rules<'cumSum'> = {
  cumSum: {
    infer: ([x]) => [x!],
    emit: (e, [x], { attributes: { axis, exclusive, reverse } }) => [
      e.node('CumSum', [x!, e.constant(axisScalar(axis))], {
        exclusive: exclusive ? 1 : 0,
        reverse: reverse ? 1 : 0,
      }),
    ],
    vjp: (node, [g]) => {
      const { axis, exclusive, reverse } = node.attributes;
      return [g && apply('cumSum', [g], { axis, exclusive, reverse: !reverse })];
    },
    samples: [
      ...cases.map(
        ([shape, axis, exclusive, reverse]): Sample<'cumSum'> => ({
          inputs: [{ shape }],
          attributes: { axis, exclusive, reverse },
          smooth: true,
        }),
      ),
      {
        inputs: [{ shape: [3], fixed: tensor(Int32Array.of(3, 1, 2)) }],
        attributes: { axis: 0, exclusive: false, reverse: false },
      },
    ],
  },
};

export interface CumSumOptions {
  /** The i-th sum leaves the i-th element out. */
  readonly exclusive?: boolean;
  /** Sums from the end. */
  readonly reverse?: boolean;
}

/** Running sums along an axis. */
export function cumSum(
  x: Value,
  axis: number,
  { exclusive = false, reverse = false }: CumSumOptions = {},
): Value {
  return apply('cumSum', [x], { axis: normalizeAxis(axis, x.rank, 'cumSum'), exclusive, reverse });
}
