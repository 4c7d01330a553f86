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
  const scaled = Float64Array.from(logits, (logit) => logit / temperature);
  const top = scaled[argMax(scaled)] ?? 0;
  const total = scaled.reduce((sum, value) => sum + Math.exp(value - top), 0);
  const shift = top + Math.log(total);
  return scaled.map((value) => value - shift);
}

/** softmax(logits / temperature), in [0, 1]. */
export function probabilities(logits: ArrayLike<number>, temperature = 1): Float64Array {
  return logProbabilities(logits, temperature).map(Math.exp);
}
