import { mul, neg, reduceLosses, softmaxCrossEntropy, sum, type Value } from '@tutelage/engine';

/** A batch of texts as a causal language model is trained on them. */
export interface TokenBatch<T> {
  /** Ids that the model reads, [batch, length]. */
  readonly tokens: T;
  /** Ids that follow them, [batch, length]. */
  readonly next: T;
  /** 1 where the following token is learned or scored, 0 for prompts and padding, [batch, length]. */
  readonly counted: T;
}

/**
 * Log-probabilities of given tokens.
 *
 * @param logits [..., vocabulary]
 * @param tokens [...] ids
 * @returns [...]
 */
export function tokenLogProbabilities(logits: Value, tokens: Value): Value {
  return neg(softmaxCrossEntropy(logits, tokens).loss);
}

/**
 * Log-probabilities of whole answers: the sum over their tokens.
 *
 * @param perToken [batch, length]
 * @param counted 1 for tokens of the answer, else 0, [batch, length]
 * @returns [batch]
 */
export function sequenceLogProbabilities(perToken: Value, counted: Value): Value {
  return sum(mul(perToken, counted), { axes: -1 });
}

/**
 * Supervised fine-tuning: the mean cross-entropy of the counted tokens, weighted by how much they count.
 *
 * @param logits [batch, length, vocabulary]
 */
export function supervised(
  logits: Value,
  { next, counted }: Pick<TokenBatch<Value>, 'next' | 'counted'>,
): Value {
  return reduceLosses(softmaxCrossEntropy(logits, next).loss, { weights: counted });
}
