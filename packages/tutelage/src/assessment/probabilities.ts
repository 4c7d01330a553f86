/** Position of the largest value, of several the first. */
export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** The class that each row of scores names. */
export function predictedClasses(scores: readonly ArrayLike<number>[]): Int32Array {
  return Int32Array.from(scores, argMax);
}

/**
 * log softmax(logits / temperature).
 *
 * @param temperature positive
 */
export function logProbabilities(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const top = logits[argMax(logits)] ?? 0;
  const shifted = Float64Array.from(logits, (logit) => (logit - top) / temperature);
  const logTotal = Math.log(shifted.reduce((sum, value) => sum + Math.exp(value), 0));
  return shifted.map((value) => value - logTotal);
}

/** softmax(logits / temperature), in [0, 1]. */
export function probabilities(logits: ArrayLike<number>, temperature = 1): Float64Array {
  return logProbabilities(logits, temperature).map(Math.exp);
}
