import {
  add,
  exp,
  gatherElements,
  klDivergence,
  log,
  logSoftmax,
  logSumExp,
  maximum,
  mul,
  stack,
  sub,
  sum,
  type Value,
} from '@tutelage/engine';

/**
 * How far a student's distribution q of the next token is from a teacher's p.
 *
 * - `forward`: KL(p || q), which covers all that the teacher may say (Hinton et al. 2015)
 * - `reverse`: KL(q || p), which keeps to what it says most (Gu et al. 2024, MiniLLM)
 * - `jensen-shannon`: w KL(p || m) + (1 - w) KL(q || m) with m = w p + (1 - w) q (Agarwal et al. 2024, GKD, section 2)
 * - `skewed`: KL(p || w p + (1 - w) q); `skewed-reverse`: KL(q || (1 - w) p + w q) (Ko et al. 2024, DistiLLM, section 3.1)
 */
export type TokenDivergence =
  | { readonly kind: 'forward' | 'reverse' }
  /** The weight w is in (0, 1). */
  | { readonly kind: 'jensen-shannon' | 'skewed' | 'skewed-reverse'; readonly weight: number };

/**
 * The divergence at each position, over the whole vocabulary.
 *
 * @param student logits [..., vocabulary]
 * @param teacher logits or log-probabilities [..., vocabulary]
 * @param temperature divides both logits; there is no factor T^2
 * @returns [...]
 * @throws {RangeError} for a weight that is not in (0, 1)
 */
export function tokenDivergence(
  student: Value,
  teacher: Value,
  divergence: TokenDivergence,
  temperature = 1,
): Value {
  const soft = (logits: Value) => logSoftmax(temperature === 1 ? logits : mul(logits, 1 / temperature));
  const [q, p] = [soft(student), soft(teacher)];
  const kl = (target: Value, other: Value) => klDivergence(other, target, { reduction: 'none' });
  if (!('weight' in divergence)) return divergence.kind === 'forward' ? kl(p, q) : kl(q, p);
  const { kind, weight } = divergence;
  if (!(weight > 0 && weight < 1))
    throw new RangeError(`the weight of a divergence must be in (0, 1): ${weight}`);
  if (kind === 'skewed') return kl(p, mixture(p, q, weight));
  if (kind === 'skewed-reverse') return kl(q, mixture(q, p, weight));
  const middle = mixture(p, q, weight);
  return add(mul(kl(p, middle), weight), mul(kl(q, middle), 1 - weight));
}

/** log(w exp(a) + (1 - w) exp(b)). */
function mixture(a: Value, b: Value, weight: number): Value {
  return logSumExp(stack([add(a, Math.log(weight)), add(b, Math.log(1 - weight))]), { axes: 0 });
}

/** A teacher's likeliest next tokens, as they are captured on disk. */
export interface TopTokens<T> {
  /** Ids [..., k]. */
  readonly tokens: T;
  /** Their log-probabilities among the whole vocabulary [..., k]. */
  readonly logProbabilities: T;
}

/** Least share of the tokens that were not captured, so that its logarithm stays finite. */
const leastRest = 1e-7;

/**
 * Forward KL from a teacher of which only the likeliest tokens are known: these one by one, all others as one token. It is never
 * above the full divergence, and equals it where k is the vocabulary's size.
 *
 * @param student logits [..., vocabulary]
 * @returns [...]
 */
export function topTokensDivergence(student: Value, { tokens, logProbabilities }: TopTokens<Value>): Value {
  const own = gatherElements(logSoftmax(student), tokens);
  const known = sum(mul(exp(logProbabilities), sub(logProbabilities, own)), { axes: -1 });
  const rest = (logs: Value) => maximum(sub(1, sum(exp(logs), { axes: -1 })), leastRest);
  const [p, q] = [rest(logProbabilities), rest(own)];
  return add(known, mul(p, sub(log(p), log(q))));
}
