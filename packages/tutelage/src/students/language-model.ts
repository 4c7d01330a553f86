import { jit, random, type SessionOptions, type Tensor, type Value } from '@tutelage/engine';
import type { Coded } from '../assessment/language-report.js';
import { type GenerateOptions, generate } from '../language/generate/generate.js';
import { type WindowModel, windowPredictor } from '../language/generate/window-predictor.js';
import { tokenBytes } from '../language/tokenizer/token-bytes.js';
import type { Tokenizer } from '../language/tokenizer/tokenizer.js';
import { type Gpt, gpt } from '../models/gpt.js';
import type { LanguageStudent } from './language-student.js';
import { tokenLogs } from './token-logs.js';
import { tokensOf } from './token-windows.js';

/** A language model that can be asked for logits, with its tokenizer. */
export interface LanguageModel extends WindowModel {
  readonly tokenizer: Tokenizer;
  dispose(): Promise<void>;
}

/** A language model on the engine, for assessment after training; a shipped one runs from its ONNX file instead. */
export function languageModel(
  { config, tokenizer }: Pick<LanguageStudent, 'config' | 'tokenizer'>,
  params: Gpt<Tensor>,
  session: SessionOptions = {},
): LanguageModel {
  const forward = jit((p: Gpt<Value>, tokens: Value) => gpt(p, config, tokens), session);
  return {
    tokenizer,
    vocabulary: config.vocabulary,
    block: config.block,
    logits: async (tokens) => (await forward(params, tokens)).data as Float32Array,
    dispose: () => forward.dispose(),
  };
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
 * Goes on with texts, all in one batch. An empty one begins like the texts that the model learned from.
 *
 * @throws {UserError} when the temperature is below 0 or `topP` out of its range
 */
export async function continuations(
  model: LanguageModel,
  prompts: readonly string[],
  { maxTokens, temperature, topP, seed, stop = [] }: ContinuationOptions,
): Promise<Continuation[]> {
  const { tokenizer } = model;
  const end = tokenizer.special.end ?? 0;
  const given = prompts.map((prompt) => (prompt === '' ? [end] : tokenizer.encodePlain(prompt)));
  const options: GenerateOptions = {
    maxTokens,
    endTokens: [end],
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

/**
 * Codes texts, joined by end tokens, stretch by stretch; see `tokenLogs` for what each token is predicted from.
 *
 * @returns stretches of half a block, the last one shorter; none for no text
 */
export async function codeLengths(model: LanguageModel, texts: readonly string[]): Promise<Coded[]> {
  const { tokenizer, block } = model;
  const bytesOf = tokenBytes(tokenizer);
  const content = texts.length === 0 ? new Int32Array(0) : tokensOf(texts, tokenizer);
  // The first token is predicted from the end of a text before it.
  const logs = await tokenLogs(model, Int32Array.from([tokenizer.special.end ?? 0, ...content]));
  const half = Math.floor(block / 2);
  return Array.from({ length: Math.ceil(content.length / half) }, (_, i) => {
    const [start, end] = [i * half, (i + 1) * half];
    const coded = content.subarray(start, end);
    return {
      bits: logs.slice(start, end).reduce((sum, { logProbability }) => sum - logProbability / Math.LN2, 0),
      tokens: coded.length,
      bytes: coded.reduce((sum, token) => sum + bytesOf[token]!, 0),
      text: tokenizer.decode([...coded]),
    };
  });
}
