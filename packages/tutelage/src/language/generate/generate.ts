import { random } from '@tutelage/engine/data';
import { UserError } from '../../core/errors.js';
import type { Constraint } from '../constrain/constraint.js';
import type { Predictions, StepOptions } from './decoder.js';
import type { DrawnTokens, DrawOptions } from './draw-step.js';
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
  /** What answers may be. They end by one of the end tokens, or where nothing can follow. */
  readonly constraint?: Constraint;
  /** Asked after each token of a row: whether its answer ends here. */
  readonly stop?: (tokens: readonly number[], row: number) => boolean;
  /** Hears of each token. */
  readonly onToken?: (token: number, row: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What generation needs of a model: predictions of what follows new tokens, given a past that it keeps in a `C`. */
export interface TokenPredictor<C> {
  readonly sizes: { readonly vocabulary: number };
  /** An empty past, for rows of up to so many tokens. */
  cache(batch: number, tokens: number): C;
  /** Adds new tokens to the past, at least one in each row; the predictions after the last are valid until the next step. */
  step(
    cache: C,
    tokens: readonly ArrayLike<number>[],
    options?: Pick<StepOptions, 'temperature'>,
  ): Promise<Predictions>;
  /** Adds one token to each row and draws those that follow; valid until the next step. For models that can do it faster than `step`. */
  draw?(cache: C, tokens: readonly number[], options: DrawOptions): Promise<DrawnTokens>;
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
  /** Where the constraint stands. */
  state: number;
  reason: Generated['reason'] | undefined;
}

/**
 * Continues prompts, all in one batch, each at its own length.
 *
 * @param prompts tokens, at least one in each
 * @throws {UserError} for an empty prompt, for one that is too long for the model, or for sampling out of range
 * @throws the signal's reason when it is aborted
 */
export async function generate<C>(
  decoder: TokenPredictor<C>,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions & {
    /** Holds what stands before the prompts, a row for each; it goes on to hold prompts and answers. Empty if not given. */
    readonly past?: C;
    /** Row of the first prompt, for what is drawn. 0 unless told; others are for parts of a larger batch. */
    readonly firstRow?: number;
  },
): Promise<Generated[]> {
  const { maxTokens, sampling, repetitionPenalty = 1, firstRow = 0, signal } = options;
  checkPrompts(prompts, decoder.sizes.vocabulary);
  if (sampling) checkSampling(sampling);
  const rows = prompts.map(
    (prompt): Row => ({
      tokens: [],
      logProbabilities: [],
      seen: repetitionPenalty === 1 ? undefined : new Set(prompt),
      state: 0,
      reason: maxTokens > 0 ? undefined : 'length',
    }),
  );
  const longest = Math.max(...prompts.map((prompt) => prompt.length)) + maxTokens;
  const cache = options.past ?? decoder.cache(prompts.length, longest);
  const uniform = new Float32Array(2 * prompts.length);
  const temperature = sampling?.temperature ?? 1;
  const draws = prompts.length >= MANY_ROWS && drawsFromAll(options);
  for (let place = 0; rows.some((row) => row.reason === undefined); place += 1) {
    signal?.throwIfAborted();
    if (sampling) random.fillUniform(uniform, random.foldIn(sampling.key, place), 2 * firstRow);
    // Two numbers of 24 bits, so that rare tokens can be hit too.
    const at = rows.map((_, r) => uniform[2 * r]! + uniform[2 * r + 1]! * 2 ** -24);
    let next: (row: Row, r: number) => Choice;
    // A finished row goes on with its last token, which changes nothing for the others.
    const given = rows.map(({ tokens }) => tokens.at(-1)!);
    if (place > 0 && draws && decoder.draw) {
      const drawn = await decoder.draw(cache, given, { temperature: sampling ? temperature : 0, at });
      next = (_, r) => ({ token: drawn.tokens[r]!, logProbability: drawn.logProbabilities[r]! });
    } else {
      const tokens = place === 0 ? prompts : given.map((token) => [token]);
      const predictions = await decoder.step(cache, tokens, { temperature });
      next = (row, r) => {
        const own = rowOf(predictions, r, decoder.sizes.vocabulary);
        const token = choose(own, row, options, at[r]!);
        return { token, logProbability: own.logits[token]! - own.normalizer };
      };
    }
    rows.forEach((row, r) => {
      if (row.reason === undefined) take(row, r, next(row, r), options);
    });
  }
  return rows.map(({ tokens, logProbabilities, reason }) => ({ tokens, logProbabilities, reason: reason! }));
}

/** From so many rows on, a faster way to draw is worth what it takes to get ready for it. */
const MANY_ROWS = 8;

/** Whether tokens are drawn by their probabilities alone, without filters, penalty or constraint. */
function drawsFromAll({ sampling, repetitionPenalty = 1, constraint }: GenerateOptions): boolean {
  const { topK, topP = 1, minP = 0 } = sampling ?? {};
  return !constraint && repetitionPenalty === 1 && topK === undefined && topP === 1 && minP === 0;
}

interface Choice {
  readonly token: number;
  readonly logProbability: number;
}

/** Adds a token to a row's answer, which may end by it. */
function take(row: Row, r: number, { token, logProbability }: Choice, options: GenerateOptions): void {
  const { endTokens = [], maxTokens } = options;
  row.tokens.push(token);
  row.logProbabilities.push(logProbability);
  row.seen?.add(token);
  options.onToken?.(token, r);
  if (endTokens.includes(token)) row.reason = 'end';
  else if (mustEnd(row, token, options) || options.stop?.(row.tokens, r)) row.reason = 'stop';
  else if (row.tokens.length >= maxTokens) row.reason = 'length';
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

function choose(own: RowPredictions, row: Row, options: GenerateOptions, at: number): number {
  const { sampling } = options;
  const { logits, probabilities } = penalizedFor(own, row, options);
  const allowed = allowedFor(row, options);
  if (!allowed) return sampling ? draw(probabilities, sampling, at) : likeliest(logits);
  const best = allowed.reduce((a, b) => (logits[b]! > logits[a]! ? b : a));
  if (!sampling || probabilities[best] === 0) return best;
  const kept = new Float32Array(probabilities.length);
  for (const token of allowed) kept[token] = probabilities[token]!;
  return draw(kept, sampling, at);
}

function penalizedFor(
  { logits, probabilities }: RowPredictions,
  { seen }: Row,
  { sampling, repetitionPenalty = 1 }: GenerateOptions,
): Pick<RowPredictions, 'logits' | 'probabilities'> {
  if (!seen) return { logits, probabilities };
  const adjusted = { logits: logits.slice(), probabilities: probabilities.slice() };
  for (const token of seen) {
    const logit = penalized(logits[token]!, repetitionPenalty);
    adjusted.logits[token] = logit;
    adjusted.probabilities[token]! *= Math.exp((logit - logits[token]!) / (sampling?.temperature ?? 1));
  }
  return adjusted;
}

/** The tokens that the constraint lets come next; all where there is none. */
function allowedFor({ state }: Row, { constraint, endTokens = [] }: GenerateOptions): number[] | undefined {
  if (!constraint) return undefined;
  const { after, end } = constraint.allowed(state);
  return end ? [...endTokens, ...after.keys()] : [...after.keys()];
}

/** Moves the constraint on by a token that did not end the answer: whether nothing can follow it. */
function mustEnd(row: Row, token: number, { constraint }: GenerateOptions): boolean {
  if (!constraint) return false;
  row.state = constraint.allowed(row.state).after.get(token)!;
  return constraint.allowed(row.state).after.size === 0;
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
