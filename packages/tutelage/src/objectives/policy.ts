import {
  add,
  clip as clipped,
  div,
  exp,
  expandDims,
  less,
  logSoftmax,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  reduceLosses,
  sub,
  sum,
  type Value,
  where,
} from '@tutelage/engine';

/** What is known of answers that a policy is to learn from. */
export interface Rollouts<T> {
  /** Log-probability of each token when it was drawn, [answers, length]. */
  readonly drawn: T;
  /** How much better each answer is than its group, [answers]. */
  readonly advantages: T;
  /** 1 for tokens of the answer, else 0, [answers, length]. */
  readonly counted: T;
}

/**
 * What the losses of tokens become.
 *
 * - `sequence`: the mean over the tokens of each answer, then over answers (Shao et al. 2024, GRPO)
 * - `token`: the mean over all tokens of the batch (Yu et al. 2025, DAPO)
 * - a number: the sum over all tokens, divided by this many for each answer, so that long answers weigh more (Liu et al. 2025, Dr. GRPO)
 */
export type Aggregation = 'sequence' | 'token' | number;

export interface PolicyGradientOptions {
  /** The ratio of new to old probability is cut at 1 - clip.low and 1 + clip.high. */
  readonly clip: { readonly low: number; readonly high: number };
  /** Cuts the surrogate of tokens of negative advantage at this many times the advantage (Ye et al. 2020, dual clip). */
  readonly dualClip?: number;
  readonly aggregation: Aggregation;
}

/**
 * The clipped policy gradient of each token: -min(ratio A, clip(ratio) A) (Schulman et al. 2017, equation 7).
 *
 * @param current log-probability of each token under the policy that learns, [answers, length]
 * @returns the losses, [answers, length]
 */
export function policyLosses(
  current: Value,
  rollouts: Pick<Rollouts<Value>, 'drawn' | 'advantages'>,
  { clip, dualClip }: Omit<PolicyGradientOptions, 'aggregation'>,
): Value {
  const advantages = expandDims(rollouts.advantages, 1);
  const ratio = exp(sub(current, rollouts.drawn));
  const gain = minimum(mul(ratio, advantages), mul(clipped(ratio, 1 - clip.low, 1 + clip.high), advantages));
  const kept =
    dualClip === undefined
      ? gain
      : where(less(advantages, 0), maximum(gain, mul(advantages, dualClip)), gain);
  return neg(kept);
}

/**
 * The clipped policy gradient with the advantages relative to a group of answers to the same prompt (Shao et al. 2024).
 *
 * @param current log-probability of each token under the policy that learns, [answers, length]
 * @returns the loss, a scalar
 */
export function policyGradient(
  current: Value,
  rollouts: Rollouts<Value>,
  options: PolicyGradientOptions,
): Value {
  return aggregate(policyLosses(current, rollouts, options), rollouts.counted, options.aggregation);
}

/** The losses of tokens, [answers, length], as one number. */
export function aggregate(losses: Value, counted: Value, aggregation: Aggregation): Value {
  if (aggregation === 'token') return reduceLosses(losses, { weights: counted });
  const sums = sum(mul(losses, counted), { axes: -1 });
  if (aggregation !== 'sequence') return mul(mean(sums), 1 / aggregation);
  // An answer without tokens counts as one whose loss is 0.
  return mean(div(sums, maximum(sum(counted, { axes: -1 }), 1)));
}

/**
 * An estimate, never negative and unbiased, of KL(policy || reference) at each token from the token that was drawn: r - log r - 1 with
 * r = reference / policy (Schulman 2020; Shao et al. 2024, equation 4).
 *
 * @param current log-probabilities [answers, length]
 */
export function klEstimate(current: Value, reference: Value): Value {
  const log = sub(reference, current);
  return sub(sub(exp(log), log), 1);
}

/** Entropy of the next token at each position, in nats: logits [..., vocabulary] to [...]. */
export function tokenEntropy(logits: Value): Value {
  const logs = logSoftmax(logits);
  return neg(sum(mul(exp(logs), logs), { axes: -1 }));
}

/**
 * What becomes of the probability p of a token that a guide wrote.
 *
 * - a number c, above 0: p / (p + c), whose gradient favours tokens that the policy itself finds unlikely (Yan et al. 2025, LUFFY,
 *   section 3.3)
 * - `none`: p, the ratio to a guide who is taken to be certain
 * - `likelihood`: log p, as in supervised fine-tuning
 */
export type Shaping = number | 'none' | 'likelihood';

/**
 * The loss of tokens that a guide wrote, whose probabilities under the guide are not known: -A f(p).
 *
 * @param current log-probability of each token under the policy, [answers, length]
 * @param advantages [answers]
 * @returns [answers, length]
 */
export function guidedLosses(current: Value, advantages: Value, shaping: Shaping): Value {
  return neg(mul(shaped(current, shaping), expandDims(advantages, 1)));
}

function shaped(log: Value, shaping: Shaping): Value {
  if (shaping === 'likelihood') return log;
  const p = exp(log);
  return shaping === 'none' ? p : div(p, add(p, shaping));
}

/**
 * How well a policy understands a reasoning: the mean probability, and not log-probability, of the tokens of the true answer behind it
 * (AMPO, 2025, section 3.2), in [0, 1].
 *
 * @param logs log-probability of each token, [answers, length]
 * @param counted 1 for tokens of the true answer, else 0, [answers, length]
 * @returns [answers]
 */
export function comprehension(logs: Value, counted: Value): Value {
  return div(sum(mul(exp(logs), counted), { axes: -1 }), maximum(sum(counted, { axes: -1 }), 1));
}

/**
 * How much better each answer is than its group's mean: r - mean, divided by the group's standard deviation if `scaled` (Shao et al.
 * 2024, section 4.1.2). A group whose answers are all alike has nothing to teach: its advantages are 0.
 *
 * @param rewards of groups of equal size, one group after the other
 */
export function groupAdvantages(
  rewards: ArrayLike<number>,
  groupSize: number,
  { scaled }: { readonly scaled: boolean },
): Float32Array {
  if (!(groupSize >= 2) || rewards.length % groupSize !== 0) {
    throw new RangeError(`no groups of ${groupSize}, 2 or more: ${rewards.length} rewards`);
  }
  const advantages = new Float32Array(rewards.length);
  for (let start = 0; start < rewards.length; start += groupSize) {
    const group = Array.from({ length: groupSize }, (_, i) => rewards[start + i]!);
    const centre = group.reduce((total, r) => total + r, 0) / groupSize;
    const variance = group.reduce((total, r) => total + (r - centre) ** 2, 0) / (groupSize - 1);
    const scale = scaled ? 1 / (Math.sqrt(variance) + 1e-4) : 1;
    group.forEach((r, i) => {
      advantages[start + i] = (r - centre) * scale;
    });
  }
  return advantages;
}
