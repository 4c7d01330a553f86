import { tensor } from '@tutelage/engine';
import { logSumExp, type WindowModel } from '../language/generate/window-predictor.js';

/** Windows that are run together. */
const together = 8;

/** What a model predicted in the place of a token. */
export interface TokenLog {
  /** Of the token that is there. */
  readonly logProbability: number;
  readonly likeliest: { readonly token: number; readonly logProbability: number };
}

/**
 * Log-probabilities of all tokens but the first, each predicted from at least half a block before it, except at the very beginning.
 *
 * @param tokens ids, at least one
 */
export async function tokenLogs(
  { block, vocabulary, logits: predict }: WindowModel,
  tokens: Int32Array,
): Promise<TokenLog[]> {
  const half = Math.floor(block / 2);
  const found: TokenLog[] = [];
  const count = tokens.length - 1;
  const starts = Array.from({ length: Math.ceil(count / half) }, (_, i) => i * half);
  for (let at = 0; at < starts.length; at += together) {
    const part = starts.slice(at, at + together);
    const given = new Int32Array(part.length * block);
    const froms = part.map((start) => Math.max(0, start + half - block));
    froms.forEach((from, r) => {
      given.set(tokens.subarray(from, Math.min(from + block, tokens.length)), r * block);
    });
    const logits = await predict(tensor(given, [part.length, block]));
    part.forEach((start, r) => {
      for (let i = 0; i < Math.min(half, count - start); i++) {
        const row = (r * block + start - froms[r]! + i) * vocabulary;
        found.push(tokenLog(logits.subarray(row, row + vocabulary), tokens[start + i + 1]!));
      }
    });
  }
  return found;
}

function tokenLog(logits: Float32Array, token: number): TokenLog {
  const normalizer = logSumExp(logits);
  const best = logits.reduce((at, x, i) => (x > logits[at]! ? i : at), 0);
  return {
    logProbability: logits[token]! - normalizer,
    likeliest: { token: best, logProbability: logits[best]! - normalizer },
  };
}
