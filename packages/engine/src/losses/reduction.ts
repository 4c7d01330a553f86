import { ShapeError } from '../graph/errors.js';
import { broadcastShapes, sameShape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { constant } from '../ops/apply.js';
import { div, maximum, mul } from '../ops/elementwise.js';
import { mean, sum } from '../ops/reduce.js';
import { broadcastTo } from '../ops/shape.js';

/** What becomes of the losses of single examples: their mean (the default), their sum, or nothing. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  readonly reduction?: Reduction;
  /**
   * Non-negative factors on the losses of single examples, broadcasting against them; 0 masks one out. The mean is then weighted,
   * sum(w l) / sum(w), and 0 where all weights are.
   */
  readonly weights?: Value;
}

/** Weighs and reduces the losses of single examples. */
export function reduceLosses(losses: Value, { reduction = 'mean', weights }: LossOptions): Value {
  if (!weights) return reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : mean(losses);
  if (!sameShape(broadcastShapes('weights of a loss', weights.shape, losses.shape), losses.shape)) {
    throw new ShapeError(
      `loss: weights must broadcast against the losses: ${showShape(weights.shape)} and ${showShape(losses.shape)}`,
    );
  }
  const weighed = mul(losses, weights);
  if (reduction === 'none') return weighed;
  if (reduction === 'sum') return sum(weighed);
  const total = sum(broadcastTo(weights, losses.shape));
  return div(sum(weighed), maximum(total, constant(tiny, total.dtype)));
}

/** Far below any sum of weights that is not zero. */
const tiny = 1e-30;
