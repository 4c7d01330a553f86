import { random } from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import type { Decoder } from './decoder.js';
import { likeliest, penalize, Sampler, type Sampling } from './sample.js';

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
  readonly seen: Set<number> | undefined;
  readonly key: random.Key | undefined;
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
  const { vocabulary } = decoder.sizes;
  checkPrompts(prompts, vocabulary);
  if (prompts.length === 0) return [];
  const sampler = sampling && new Sampler(vocabulary, sampling);
  const rows = prompts.map(
    (prompt, r): Row => ({
      tokens: [],
      logProbabilities: [],
      seen: repetitionPenalty === 1 ? undefined : new Set(prompt),
      key: sampling && random.foldIn(sampling.key, r),
      reason: maxTokens > 0 ? undefined : 'length',
    }),
  );
  const longest = Math.max(...prompts.map((prompt) => prompt.length));
  const cache = decoder.cache(prompts.length, longest + maxTokens);
  let given: readonly (readonly number[])[] = prompts;
  while (rows.some((row) => row.reason === undefined)) {
    signal?.throwIfAborted();
    const { logits, normalizers } = await decoder.step(cache, given);
    given = rows.map((row, r) => {
      // A finished row goes on with its last token, which changes nothing for the others.
      if (row.reason !== undefined) return [row.tokens.at(-1)!];
      const own = logits.subarray(r * vocabulary, (r + 1) * vocabulary);
      const token = next(own, normalizers[r]!, row, repetitionPenalty, sampler);
      options.onToken?.(token, r);
      if (endTokens.includes(token)) row.reason = 'end';
      else if (options.stop?.(row.tokens, r)) row.reason = 'stop';
      else if (row.tokens.length >= maxTokens) row.reason = 'length';
      return [token];
    });
  }
  return rows.map(({ tokens, logProbabilities, reason }) => ({ tokens, logProbabilities, reason: reason! }));
}

/** Chooses a row's next token and notes it. */
function next(
  logits: Float32Array,
  normalizer: number,
  row: Row,
  repetitionPenalty: number,
  sampler: Sampler | undefined,
): number {
  let adjusted = logits;
  if (row.seen) {
    adjusted = logits.slice();
    penalize(adjusted, row.seen, repetitionPenalty);
  }
  const token = sampler
    ? sampler.draw(adjusted, random.foldIn(row.key!, row.tokens.length))
    : likeliest(adjusted);
  row.tokens.push(token);
  row.logProbabilities.push(logits[token]! - normalizer);
  row.seen?.add(token);
  return token;
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
