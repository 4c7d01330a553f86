import { random } from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import type { DecoderCache } from './cache.js';
import type { Decoder, Predictions } from './decoder.js';
import { checkSampling, draw, likeliest, penalized, type Sampling } from './sample.js';

export interface GenerateOptions {
  /** Most tokens of an answer. */
  readonly maxTokens: number;
  /** Draw tokens; the likeliest ones are taken when left out. */
  readonly sampling?: Sampling;
  /** Above 1 makes tokens of the prompt and the answer less likely to come again. */
  readonly repetitionPenalty?: number;
  /** Tokens that end an answer; they are part of it. */
  readonly endTokens?: readonly number[];
  /** Asked after each token of a row: whether its answer ends here. */
  readonly stop?: (tokens: readonly number[], row: number) => boolean;
  /** Holds what stands before the prompts, one row for each; it goes on to hold prompts and answers. */
  readonly past?: DecoderCache;
  /** Hears of each token. */
  readonly onToken?: (token: number, row: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** An answer to a prompt. */
export interface Generated {
  readonly tokens: readonly number[];
  /** Of each token, under the model itself: before temperature, filters and penalty. */
  readonly logProbabilities: readonly number[];
  /** What ended it: an end token, `stop`, or `maxTokens`. */
  readonly reason: 'end' | 'stop' | 'length';
}

interface Row {
  readonly tokens: number[];
  readonly logProbabilities: number[];
  /** Tokens of the prompt and the answer, where a penalty asks for them. */
  readonly seen: Set<number> | undefined;
  reason: Generated['reason'] | undefined;
}

/**
 * Continues prompts, all in one batch, each at its own length.
 *
 * @param prompts tokens, at least one in each
 * @throws {UserError} for an empty prompt, for one that is too long for the model, or for sampling out of range
 * @throws the signal's reason when it is aborted
 */
export async function generate(
  decoder: Decoder,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<Generated[]> {
  const { maxTokens, sampling, repetitionPenalty = 1, endTokens = [], signal } = options;
  checkPrompts(prompts, decoder.sizes.vocabulary);
  if (sampling) checkSampling(sampling);
  const rows = prompts.map(
    (prompt): Row => ({
      tokens: [],
      logProbabilities: [],
      seen: repetitionPenalty === 1 ? undefined : new Set(prompt),
      reason: maxTokens > 0 ? undefined : 'length',
    }),
  );
  const cache = options.past ?? decoder.cache(prompts.length);
  const uniform = new Float32Array(2 * prompts.length);
  const temperature = sampling?.temperature ?? 1;
  let given: readonly (readonly number[])[] = prompts;
  for (let place = 0; rows.some((row) => row.reason === undefined); place += 1) {
    signal?.throwIfAborted();
    const predictions = await decoder.step(cache, given, { temperature });
    if (sampling) random.fillUniform(uniform, random.foldIn(sampling.key, place));
    given = rows.map((row, r) => {
      // A finished row goes on with its last token, which changes nothing for the others.
      if (row.reason !== undefined) return [row.tokens.at(-1)!];
      const own = rowOf(predictions, r, decoder.sizes.vocabulary);
      // Two numbers of 24 bits, so that rare tokens can be hit too.
      const token = choose(own, row, options, uniform[2 * r]! + uniform[2 * r + 1]! * 2 ** -24);
      row.tokens.push(token);
      row.logProbabilities.push(own.logits[token]! - own.normalizer);
      row.seen?.add(token);
      options.onToken?.(token, r);
      if (endTokens.includes(token)) row.reason = 'end';
      else if (options.stop?.(row.tokens, r)) row.reason = 'stop';
      else if (row.tokens.length >= maxTokens) row.reason = 'length';
      return [token];
    });
  }
  return rows.map(({ tokens, logProbabilities, reason }) => ({ tokens, logProbabilities, reason: reason! }));
}

interface RowPredictions {
  readonly logits: Float32Array;
  readonly probabilities: Float32Array;
  readonly normalizer: number;
}

function rowOf({ logits, probabilities, normalizers }: Predictions, r: number, size: number): RowPredictions {
  const [start, end] = [r * size, (r + 1) * size];
  return {
    logits: logits.subarray(start, end),
    probabilities: probabilities.subarray(start, end),
    normalizer: normalizers[r]!,
  };
}

function choose(
  { logits, probabilities }: RowPredictions,
  { seen }: Row,
  { sampling, repetitionPenalty = 1 }: GenerateOptions,
  at: number,
): number {
  if (!sampling) {
    if (!seen) return likeliest(logits);
    const adjusted = logits.slice();
    for (const token of seen) adjusted[token] = penalized(logits[token]!, repetitionPenalty);
    return likeliest(adjusted);
  }
  if (!seen) return draw(probabilities, sampling, at);
  const adjusted = probabilities.slice();
  for (const token of seen) {
    const change = penalized(logits[token]!, repetitionPenalty) - logits[token]!;
    adjusted[token]! *= Math.exp(change / (sampling.temperature ?? 1));
  }
  return draw(adjusted, sampling, at);
}

function checkPrompts(prompts: readonly (readonly number[])[], vocabulary: number): void {
  for (const prompt of prompts) {
    if (prompt.length === 0)
      throw new UserError('empty prompt', { hint: 'a prompt needs one token at least' });
    const wrong = prompt.find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabulary));
    if (wrong !== undefined) {
      throw new UserError(`no such token: ${wrong}`, { detail: `the model has ${vocabulary} tokens` });
    }
  }
}
