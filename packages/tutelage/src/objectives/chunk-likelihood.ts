import { add, exp, log, matmul, minimum, mul, oneHot, reshape, sub, type Value } from '@tutelage/engine';

/**
 * Log-probabilities of stretches of tokens: the sums of those of their tokens.
 *
 * @param perToken [rows, length]
 * @param chunks the number of each token's stretch, from 1; 0 for tokens that belong to none, [rows, length] of int32
 * @returns [rows, length]: of stretch c at c - 1, and 0 where there is none
 */
export function chunkLogProbabilities(perToken: Value, chunks: Value): Value {
  const [rows, length] = perToken.shape as [number, number];
  const belongs = oneHot(sub(chunks, 1), length);
  return reshape(matmul(reshape(perToken, [rows, 1, length]), belongs), [rows, length]);
}

/** Log-probabilities are kept from 0, where the logarithm of the rest would have no value. */
const highest = -1e-6;

/**
 * Approximate likelihood matching (Minixhofer, Vulic and Ponti 2025, arXiv 2503.20083): how far a student's probability q of a stretch of text is
 * from the teacher's p, as two outcomes, this text or any other: KL(p^(1/t) || q^(1/t)). It needs no common vocabulary, and unlike the
 * distance of sorted probabilities (Boizard et al. 2024) it knows which text is meant.
 *
 * @param student log-probabilities of stretches [...]
 * @param teacher log-probabilities of the same [...]
 * @param temperature t; 1 compares the probabilities themselves, and larger ones make more of unlikely texts
 * @returns [...]
 */
export function chunkDivergence(student: Value, teacher: Value, temperature = 1): Value {
  const [q, p] = [student, teacher].map((logs) => minimum(mul(logs, 1 / temperature), highest)) as [
    Value,
    Value,
  ];
  const rest = (logs: Value) => sub(1, exp(logs));
  const other = mul(rest(p), sub(log(rest(p)), log(rest(q))));
  return add(mul(exp(p), sub(p, q)), other);
}
