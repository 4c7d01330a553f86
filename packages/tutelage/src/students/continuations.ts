import { random } from '@tutelage/engine/data';
import { type GenerateOptions, generate } from '../language/generate/generate.js';
import { type WindowModel, windowPredictor } from '../language/generate/window-predictor.js';
import type { Tokenizer } from '../language/tokenizer/tokenizer.js';

/** A language model that can be asked for logits, with its tokenizer. */
export interface LanguageModel extends WindowModel {
  readonly tokenizer: Tokenizer;
  dispose(): Promise<void>;
}

export interface ContinuationOptions {
  readonly maxTokens: number;
  /** 0 takes the likeliest token each time. */
  readonly temperature: number;
  /** Draw from the fewest likeliest tokens with this much probability together, in (0, 1]; from all if not given. */
  readonly topP?: number;
  readonly seed: number;
  /** Ends the text before the first of these. */
  readonly stop?: readonly string[];
  /** Hears of each token as it comes. */
  readonly onToken?: GenerateOptions['onToken'];
}

export interface Continuation {
  /** What comes after the prompt. */
  readonly text: string;
  /** `stop` for an end that the model or a stop text made, `length` where the tokens ran out. */
  readonly reason: 'stop' | 'length';
  readonly promptTokens: number;
  readonly tokens: number;
  /** The tokens, those of an end or a stop text among them. */
  readonly ids: readonly number[];
}

/**
 * Goes on with texts, all in one batch. Runs in Node and in browsers. An empty one begins like the texts that the model learned from.
 *
 * @throws {UserError} when the temperature is below 0 or `topP` out of its range
 */
export async function continuations(
  model: LanguageModel,
  prompts: readonly string[],
  { maxTokens, temperature, topP, seed, stop = [], onToken }: ContinuationOptions,
): Promise<Continuation[]> {
  const { tokenizer } = model;
  const end = tokenizer.special.end ?? 0;
  const given = prompts.map((prompt) => (prompt === '' ? [end] : tokenizer.encodePlain(prompt)));
  const options: GenerateOptions = {
    maxTokens,
    endTokens: [end],
    ...(onToken && { onToken }),
    ...(temperature !== 0 && {
      sampling: { key: random.key(seed), temperature, ...(topP !== undefined && { topP }) },
    }),
    ...(stop.length > 0 && {
      stop: (tokens) => stop.some((ending) => tokenizer.decode(tokens).includes(ending)),
    }),
  };
  const answers = await generate(windowPredictor(model), given, options);
  return answers.map(({ tokens, reason }, i) => {
    const whole = tokenizer.decode(tokens);
    const ends = stop.map((ending) => whole.indexOf(ending)).filter((at) => at >= 0);
    return {
      text: ends.length > 0 ? whole.slice(0, Math.min(...ends)) : whole,
      reason: reason === 'length' ? 'length' : 'stop',
      promptTokens: given[i]!.length,
      tokens: tokens.length,
      ids: tokens,
    };
  });
}
