import {
  add,
  concat,
  div,
  maximum,
  mean,
  mul,
  neg,
  sigmoid,
  softplus,
  stopGradient,
  sub,
  sum,
  type Value,
  zerosLike,
} from '@tutelage/engine';

/** One number for the better and one for the worse answer of each pair, [pairs] each. */
export interface Pairs<T> {
  readonly chosen: T;
  readonly rejected: T;
}

/** How much more the policy prefers the chosen answers than the reference does: the difference of their log-ratios, [pairs]. */
export function preferenceMargins(policy: Pairs<Value>, reference: Pairs<Value>): Value {
  return sub(sub(policy.chosen, reference.chosen), sub(policy.rejected, reference.rejected));
}

/**
 * Direct preference optimisation: -log sigmoid(beta margin) (Rafailov et al. 2023, equation 7), the mean over pairs.
 *
 * @param margins [pairs], of {@link preferenceMargins} from log-probabilities of whole answers
 * @param smoothing share of pairs that are believed to be the wrong way round, in [0, 0.5) (Mitchell 2023, conservative DPO)
 * @param weights what each pair counts, [pairs]: the sum is taken instead of the mean
 */
export function dpo(
  margins: Value,
  {
    beta,
    smoothing = 0,
    weights,
  }: { readonly beta: number; readonly smoothing?: number; readonly weights?: Value },
): Value {
  const scaled = mul(margins, beta);
  // -log sigmoid(x) = softplus(-x).
  const loss = overPairs(softplus(neg(scaled)), weights);
  return smoothing === 0
    ? loss
    : add(mul(loss, 1 - smoothing), mul(overPairs(softplus(scaled), weights), smoothing));
}

/**
 * Identity preference optimisation: (margin - 1 / (2 beta))^2 (Azar et al. 2023, equation 17), the mean over pairs. The margin is
 * drawn to a finite value, so that certain preferences are not driven to infinity.
 *
 * @param weights what each pair counts, [pairs]: the sum is taken instead of the mean
 */
export function ipo(
  margins: Value,
  { beta, weights }: { readonly beta: number; readonly weights?: Value },
): Value {
  const short = sub(margins, 1 / (2 * beta));
  return overPairs(mul(short, short), weights);
}

export interface KtoOptions {
  readonly beta: number;
  /** Weights of good and of bad answers; 1 unless told. */
  readonly desirable?: number;
  readonly undesirable?: number;
  /** What each answer counts, [answers]: the sum is taken instead of the mean. */
  readonly weights?: Value;
}

/**
 * Kahneman-Tversky optimisation (Ethayarajh et al. 2024, section 4.1), for answers that are good or bad by themselves: the mean of
 * w (1 - sigmoid(beta (r - z))) for good answers and w (1 - sigmoid(beta (z - r))) for bad ones.
 *
 * @param ratios r: log-ratio of policy to reference for each answer, [answers]
 * @param good 1 for good answers, 0 for bad ones, [answers]
 * @param mismatched log-ratios of answers to other prompts, whose mean, 0 at least, is the reference point z; not differentiated
 */
export function kto(
  ratios: Value,
  good: Value,
  mismatched: Value,
  { beta, desirable = 1, undesirable = 1, weights }: KtoOptions,
): Value {
  const point = stopGradient(maximum(mean(mismatched), 0));
  const gain = mul(sub(ratios, point), beta);
  const value = add(mul(good, sigmoid(gain)), mul(sub(1, good), sigmoid(neg(gain))));
  const weight = add(mul(good, desirable - undesirable), undesirable);
  return overPairs(mul(weight, sub(1, value)), weights);
}

export type PreferenceKind = 'dpo' | 'ipo' | 'kto';

/** What is known of pairs of answers, of which KTO takes each answer by itself. */
export interface ComparedAnswers {
  /** Log-probabilities of whole answers, [pairs] each. */
  readonly policy: Pairs<Value>;
  readonly reference: Pairs<Value>;
  /** Tokens of the answers, [pairs] each, or one number. */
  readonly lengths: Pairs<Value | number>;
  /** Log-ratios of policy to reference for answers to other prompts, of any number. */
  readonly mismatched: Value;
}

/**
 * One of three losses on the same pairs, as they are used to align language models: DPO on whole answers, IPO on means over their tokens,
 * and KTO with both answers of equal weight.
 *
 * @param weights what each pair counts, [pairs]: the sum is taken instead of the mean
 */
export function preferenceLoss(
  kind: PreferenceKind,
  { policy, reference, lengths, mismatched }: ComparedAnswers,
  { beta, weights }: { readonly beta: number; readonly weights?: Value },
): Value {
  const own = { beta, ...(weights && { weights }) };
  if (kind === 'dpo') return dpo(preferenceMargins(policy, reference), own);
  if (kind === 'ipo') return ipo(preferenceMargins(aToken(policy, lengths), aToken(reference, lengths)), own);
  const ratios = [sub(policy.chosen, reference.chosen), sub(policy.rejected, reference.rejected)];
  const good = concat(
    ratios.map((ratio, side) => add(zerosLike(ratio), 1 - side)),
    0,
  );
  const half = weights && mul(weights, 0.5);
  return kto(concat(ratios, 0), good, mismatched, {
    beta,
    ...(half && { weights: concat([half, half], 0) }),
  });
}

function aToken({ chosen, rejected }: Pairs<Value>, lengths: Pairs<Value | number>): Pairs<Value> {
  return { chosen: div(chosen, lengths.chosen), rejected: div(rejected, lengths.rejected) };
}

/**
 * A reward model's loss on pairs: -log sigmoid(r(chosen) - r(rejected) - margin) (Bradley and Terry 1952; Touvron et al. 2023, section
 * 3.2.2), the mean over pairs.
 *
 * @param rewards [pairs] each
 * @param margin by which the chosen one should lead, [pairs] or one number
 * @param weights what each pair counts, [pairs]: the sum is taken instead of the mean
 */
export function bradleyTerry(
  { chosen, rejected }: Pairs<Value>,
  { margin = 0, weights }: { readonly margin?: Value | number; readonly weights?: Value } = {},
): Value {
  return overPairs(softplus(sub(add(rejected, margin), chosen)), weights);
}

function overPairs(losses: Value, weights?: Value): Value {
  return weights ? sum(mul(losses, weights)) : mean(losses);
}
