import {
  add,
  cast,
  div,
  equal,
  expandDims,
  greaterEqual,
  iota,
  less,
  logSumExp,
  maximum,
  mean,
  mse,
  mul,
  relu,
  split,
  sub,
  sum,
  type Value,
  where,
} from '@tutelage/engine';

/**
 * Margin-MSE (Hofstätter et al. 2020, section 3): the squared difference of the student's margin and the teacher's,
 * [(s+ - s-) - (t+ - t-)]^2, the mean over triples. It asks for margins of the teacher's size, which scores of unit vectors can't have.
 *
 * @param scores the student's, of n queries against their n positive and then their n negative passages, [n, 2n]
 * @param margins the teacher's, of each query's own pair, [n]
 */
export function marginMse(scores: Value, margins: Value): Value {
  const { positives, negatives } = halves(scores);
  return mse(sub(own(positives), own(negatives)), margins);
}

/**
 * Margin-MSE of each query's own positive passage against all other passages of the batch (Hofstätter et al. 2021, section 3.2): the
 * mean of two means, over the other queries' positives and over the other queries' negatives. A query's own pair is left out, for it
 * has a loss of its own.
 *
 * @param scores,teacher of n > 1 queries against their n positive and then their n negative passages, [n, 2n]
 */
export function inBatchMarginMse(scores: Value, teacher: Value): Value {
  const n = scores.dim(0);
  const [student, wanted] = [halves(scores), halves(teacher)];
  const margins = (sides: Halves, side: keyof Halves) =>
    sub(expandDims(own(sides.positives), 1), sides[side]);
  const part = (side: keyof Halves) => {
    const residual = sub(margins(student, side), margins(wanted, side));
    return div(sum(where(isOwn(n), 0, mul(residual, residual))), n * (n - 1));
  };
  return mul(add(part('positives'), part('negatives')), 0.5);
}

interface Halves {
  readonly positives: Value;
  readonly negatives: Value;
}

/** Scores against positive and against negative passages, [n, n] each. */
function halves(scores: Value): Halves {
  const [positives, negatives] = split(scores, 2, 1) as [Value, Value];
  return { positives, negatives };
}

/** The diagonal: [n, n] to [n]. */
function own(scores: Value): Value {
  return sum(where(isOwn(scores.dim(0)), scores, 0), { axes: 1 });
}

function isOwn(n: number): Value {
  return equal(expandDims(iota(n), 1), iota(n));
}

/**
 * Contrastive partial ranking (Chen et al. 2024, section 3.3): each of the first `valid` candidates is contrasted with those that
 * the teacher ranks below it, -log softmax over positions k >= j of s_k, taken at j. The mean over an anchor's valid positions, and
 * over anchors. With all positions valid but the last it is the Plackett-Luce likelihood of the teacher's order (ListMLE, Xia et al.
 * 2008); the teacher's scores do not occur.
 *
 * @param scores the student's, divided by the temperature, in the teacher's order from best to worst, [n, k]
 * @param valid how many positions of each anchor count, [n] of int32; 0 leaves an anchor out
 */
export function contrastivePartialRanking(scores: Value, valid: Value): Value {
  const k = scores.dim(1);
  const isBelow = greaterEqual(iota(k), expandDims(iota(k), 1));
  const ranked = where(isBelow, expandDims(scores, 1), Number.NEGATIVE_INFINITY);
  const losses = sub(logSumExp(ranked, { axes: 2 }), scores);
  return mean(meanOfFirst(losses, valid));
}

/**
 * The same order asked for by margins instead of contrast: each of the first `valid` candidates should lead each of those below
 * it by `margin`, max(0, margin - (s_j - s_k)), the mean over pairs and anchors. A control, to see what the form of the loss does.
 *
 * @param scores the student's in the teacher's order, [n, k]
 */
export function rankingHinge(scores: Value, valid: Value, margin: number): Value {
  const k = scores.dim(1);
  const isBelow = less(expandDims(iota(k), 1), iota(k));
  const lacks = relu(sub(add(expandDims(scores, 1), margin), expandDims(scores, 2)));
  const below = maximum(sub(k - 1, iota(k, 'float32')), 1);
  return mean(meanOfFirst(div(sum(where(isBelow, lacks, 0), { axes: 2 }), below), valid));
}

/** The mean of each row's first `valid` values, [n, k] to [n]; 0 where there are none. */
function meanOfFirst(values: Value, valid: Value): Value {
  const isValid = less(iota(values.dim(1)), expandDims(valid, 1));
  const counts = maximum(valid, 1);
  return div(sum(where(isValid, values, 0), { axes: 1 }), cast(counts, values.dtype));
}
